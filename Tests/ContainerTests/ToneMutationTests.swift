// SPDX-License-Identifier: Apache-2.0

import Container
import Foundation
import Tensors
import TestSupport
import Testing

/// Damages golden files at random, with checksums that fit: whatever comes out is refused with an error
/// or can be read.
///
/// `HALFTONE_FUZZ_CASES` sets the number of cases and `HALFTONE_FUZZ_SEED` the first seed. Case i has
/// the seed first + i, and a failure prints it, so that it can be repeated alone.
@Suite struct ToneMutationTests {
  /// Enough that each kind of mutation meets each part of a file many times.
  private static let defaultCaseCount = 2000
  /// What the tests beside this one, the allocator, and the 64 MiB that a reader may take may come to.
  private static let residentAllowance = 768 << 20
  /// Weights are read this many at a time, and only this many of what a file claims.
  private static let weightCount = 1 << 16

  /// Files that between them have every kind of component, coding and step, uncompressed directories.
  private static let originals = [
    "steps", "codebooks", "bits", "frames", "plain", "minor-version", "quantize-nf4-dq",
    "compressed-directory", "parts-00001-of-00002",
  ]

  @Test func `a damaged file is refused with an error or can be read`() throws {
    let files = try Self.originals.map { name in
      [UInt8](try Data(contentsOf: URL(filePath: Vectors.path("valid", name))))
    }
    for file in files { #expect(ToneBytes(file).file == file, "sealing changes nothing else") }
    let seeds = MutationSeeds.range(default: Self.defaultCaseCount)
    let start = peakResidentByteCount()
    var opened = 0
    for seed in seeds {
      var mutation = ToneMutation(seed: UInt64(bitPattern: Int64(seed)))
      let contents = Data(mutation.file(from: files))
      do {
        let model = try ToneModel(contents: contents, path: "seed \(seed)")
        opened += 1
        try read(model)
      } catch let error as ContainerError {
        if error.description.contains("\n") {
          Issue.record("seed \(seed): the message is not one line: \(error)")
        }
      }
    }
    // Both outcomes must be met, or the mutations are too mild or too wild to tell anything.
    #expect(opened > seeds.count / 100 && opened < seeds.count)
    #expect(peakResidentByteCount() - start < Self.residentAllowance)
  }

  /// Reads what can be read; what the file claims beyond that is left alone.
  private func read(_ model: ToneModel) throws {
    var refusal: ContainerError?
    func attempt(_ body: () throws -> Void) throws {
      do { try body() } catch let error as ContainerError { refusal = error }
    }
    for file in model.files { try attempt { try file.check() } }
    for tensor in model.tensors {
      let count = tensor.elementCount
      try attempt { _ = try model.weights(of: tensor.name, in: 0..<min(count, Self.weightCount)) }
      try attempt {
        _ = try model.weights(of: tensor.name, in: max(0, count - 77)..<count)
      }
    }
    if let refusal { throw refusal }
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
