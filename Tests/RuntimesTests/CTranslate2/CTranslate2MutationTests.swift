// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors
import TestSupport
import Testing

@testable import Runtimes

/// Damages valid files at random: whatever comes out is refused with an error or can be read.
///
/// ``MutationSeeds`` says which cases.
@Suite struct CTranslate2MutationTests {
  private static let defaultCaseCount = 3000

  @Test func `a damaged model bin is refused with an error or every tensor can be read`() throws {
    let seeds = MutationSeeds.range(default: Self.defaultCaseCount)
    let originals = try ["llama/int8_float16", "gpt2/int8", "bloom/int16"].map {
      try Data(contentsOf: Fixtures.folder.appending(path: "ctranslate2/\($0)/model.bin"))
    }
    var (opened, translated) = (0, 0)
    for seed in seeds {
      var mutation = CTranslate2Mutation(seed: UInt64(bitPattern: Int64(seed)))
      let contents = mutation.damaged(originals[seed % originals.count])
      do {
        let file = try CTranslate2File(contents: contents, path: "seed \(seed)")
        let model = try CTranslate2Model(path: "seed \(seed)", file: file, companions: [])
        try readAll(of: model, fileByteCount: contents.count, seed: seed)
        opened += 1
        translated += model.asset("config.json") == nil ? 0 : 1
      } catch let error as CTranslate2Error {
        if error.description.contains("\n") || !error.description.contains("seed \(seed)") {
          Issue.record("seed \(seed): the message is not one line with the file: \(error)")
        }
      }
    }
    // All outcomes must be met, or the mutations are too mild or too wild to tell anything.
    #expect(translated > seeds.count / 100 && translated < opened && opened < seeds.count)
  }

  private func readAll(of model: CTranslate2Model, fileByteCount: Int, seed: Int) throws {
    for tensor in model.tensors {
      // A byte at least for each weight; OPT's first rows are given twice.
      guard tensor.elementCount <= 2 * fileByteCount else {
        Issue.record("seed \(seed): \(tensor) claims more weights than the file holds")
        continue
      }
      var floats = [Float](repeating: 0, count: tensor.elementCount)
      try floats.withUnsafeMutableBufferPointer {
        try model.read(tensor.name, elements: 0..<tensor.elementCount, into: $0)
      }
      if tensor.scheme == tensor.elementType.schemeName {
        try model.withStoredBytes(of: tensor.name) { bytes in
          if bytes.count != tensor.storedByteCount {
            Issue.record("seed \(seed): \(tensor) has \(bytes.count) bytes")
          }
        }
      }
    }
  }
}

/// A valid `model.bin`, damaged in a few ways that follow from a seed.
private struct CTranslate2Mutation {
  private var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  /// Numbers at which careless arithmetic wraps or allocates.
  private static let numbers: [UInt32] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 127, 128, 255, 256, 0x7FFF, 0x8000, 0xFFFF, 1 << 16, 1 << 24,
    0x7FFF_FFFF, 0x8000_0000, .max - 1, .max,
  ]

  mutating func damaged(_ original: Data) -> Data {
    var file = [UInt8](original)
    for _ in 0...place(in: 3) where !file.isEmpty {
      let start = place(in: place(in: 3) == 0 ? min(64, file.count) : file.count)
      switch place(in: 6) {
      case 0: file[start] = UInt8.random(in: 0...255, using: &random)
      case 1: file[start] ^= 1 << UInt8(place(in: 8))
      case 2, 3:
        let number = Self.numbers.randomElement(using: &random) ?? 0
        for index in 0..<[1, 2, 4][place(in: 3)] where start + index < file.count {
          file[start + index] = UInt8(truncatingIfNeeded: number >> UInt32(8 * index))
        }
      case 4: file.removeSubrange(start..<min(file.count, start + 1 + place(in: 12)))
      default:
        let part = Array(file[start..<min(file.count, start + 1 + place(in: 40))])
        file.insert(contentsOf: part, at: place(in: file.count))
      }
    }
    if place(in: 20) == 0 { file.removeLast(place(in: file.count + 1)) }
    return Data(file)
  }

  private mutating func place(in count: Int) -> Int {
    count > 0 ? Int.random(in: 0..<count, using: &random) : 0
  }
}
