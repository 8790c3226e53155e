// SPDX-License-Identifier: Apache-2.0

import Foundation
import Inference
import Tensors
import TestSupport
import Testing
import Tokenization

@testable import Runtimes

/// Damages valid files at random: whatever comes out is refused with an error or can be read.
///
/// `HALFTONE_FUZZ_CASES` sets the number of cases and `HALFTONE_FUZZ_SEED` the first seed. Case i has
/// the seed first + i, and a failure prints it, so that it can be repeated alone.
@Suite struct GGUFMutationTests {
  /// Enough that each kind of mutation meets each field many times.
  private static let defaultCaseCount = 3000

  /// Room for the tests that run beside this one and for a sanitizer, in bytes.
  ///
  /// The files are a few hundred kilobytes; a reader that believed one of the mutated numbers would
  /// take 1 GiB and more.
  private static let residentAllowance = 3 << 29

  @Test func `a damaged file is refused with an error or every tensor can be read`() throws {
    let seeds = MutationSeeds.range(default: Self.defaultCaseCount)
    let start = peakResidentByteCount()
    var opened = 0
    for seed in seeds {
      var mutation = GGUFMutation(seed: UInt64(bitPattern: Int64(seed)))
      let contents = mutation.file()
      do {
        let file = try GGUFFile(contents: contents, path: "seed \(seed)")
        let model = try GGUFModel(path: "seed \(seed)", files: [file])
        try expectReadable(model, seed: seed)
        opened += 1
      } catch let error as GGUFError {
        if error.description.contains("\n") {
          Issue.record("seed \(seed): the message is not one line: \(error)")
        }
      }
    }
    // Both outcomes must be met, or the mutations are too mild or too wild to tell anything.
    #expect(opened > seeds.count / 100 && opened < seeds.count)
    #expect(peakResidentByteCount() - start < Self.residentAllowance)
  }

  /// Reads all there is: weights in two ways, and what is made of the metadata.
  private func expectReadable(_ model: GGUFModel, seed: Int) throws {
    for tensor in model.tensors {
      let count = tensor.elementCount
      guard count <= 1 << 20 else {
        Issue.record("seed \(seed): \(tensor) is larger than any file here")
        continue
      }
      let middle = count / 3..<count
      var floats = [Float](repeating: 0, count: middle.count)
      try floats.withUnsafeMutableBufferPointer {
        try model.read(tensor.name, elements: middle, into: $0)
      }
      if tensor.scheme == tensor.elementType.rawValue.lowercased() {
        try model.withStoredBytes(of: tensor.name) { bytes in
          if bytes.count != tensor.storedByteCount {
            Issue.record("seed \(seed): \(tensor) has \(bytes.count) bytes")
          }
        }
      }
    }
    for asset in model.assets where asset.name.hasSuffix(".json") {
      _ = try JSONSerialization.jsonObject(with: asset.contents)
    }
    do {
      _ = try Tokenizer(of: model).encode("a ab <s>")
    } catch let error as TokenizationError {
      _ = error.description
    }
  }

  /// The most memory that the process has had resident, in bytes.
  private func peakResidentByteCount() -> Int {
    var usage = rusage()
    #if canImport(Darwin)
      getrusage(RUSAGE_SELF, &usage)
      return usage.ru_maxrss
    #else
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      return usage.ru_maxrss * 1024
    #endif
  }
}
