// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

/// Damages valid files at random: whatever comes out is refused with an error or can be read.
///
/// `HALFTONE_FUZZ_CASES` sets the number of cases and `HALFTONE_FUZZ_SEED` the first seed. Case i has
/// the seed first + i, and a failure prints it, so that it can be repeated alone.
@Suite struct SafetensorsMutationTests {
  /// Enough that each kind of mutation meets each kind of file many times.
  private static let defaultCaseCount = 3000

  /// Room for the tests that run beside this one and for a sanitizer, in bytes.
  ///
  /// The files are a few kilobytes; a reader that believed one of the mutated numbers would take
  /// 2 GiB and more.
  private static let residentAllowance = 3 << 29

  @Test func `a damaged file is refused with an error or every tensor can be read`() throws {
    let seeds = MutationSeeds.range(default: Self.defaultCaseCount)
    let start = peakResidentByteCount()
    var opened = 0
    for seed in seeds {
      var mutation = SafetensorsMutation(seed: UInt64(bitPattern: Int64(seed)))
      let contents = mutation.file()
      do {
        let file = try SafetensorsFile(contents: contents, path: "seed \(seed)")
        try expectReadable(file, contents, seed: seed)
        opened += 1
      } catch let error as CheckpointError {
        if error.description.contains("\n") {
          Issue.record("seed \(seed): the message is not one line: \(error)")
        }
      }
    }
    // Both outcomes must be met, or the mutations are too mild or too wild to tell anything.
    #expect(opened > seeds.count / 100 && opened < seeds.count)
    #expect(peakResidentByteCount() - start < Self.residentAllowance)
  }

  /// Checks by hand what the reader promises: the tensors tile the data, and all of it can be read.
  private func expectReadable(_ file: SafetensorsFile, _ contents: Data, seed: Int) throws {
    var sum = 0
    for tensor in file.tensors {
      let count = tensor.description.elementCount
      guard tensor.elementType.byteCount(of: count) == tensor.byteRange.count else {
        Issue.record("seed \(seed): \(tensor) has the wrong size")
        continue
      }
      sum += tensor.byteRange.count
      guard ElementConversion.canWiden(tensor.elementType) else { continue }
      var floats = [Float](repeating: 0, count: count)
      try file.file.withBytes(in: tensor.byteRange) { bytes in
        floats.withUnsafeMutableBufferPointer { target in
          _ = ElementConversion.widen(bytes, of: tensor.elementType, into: target)
        }
      }
    }
    let header = contents.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    if 8 + header + sum != contents.count {
      Issue.record("seed \(seed): tensors cover \(sum) of \(contents.count - 8 - header) bytes")
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
