// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors
import TestSupport
import Testing

@testable import Runtimes

/// Blocks of every type against the weights that gguf-py makes of them.
@Suite struct GGUFBlockTests {
  private static let blockTypes = GGUFType.all.filter { $0.elementType == nil }.map(\.name)

  private func file() throws -> GGUFFile {
    try GGUFFile(path: Fixtures.folder.appending(path: "gguf/blocks.gguf").path)
  }

  private func weights(of tensor: GGUFTensor, in file: GGUFFile, _ range: Range<Int>) throws
    -> [Float]
  {
    try file.file.withBytes(in: tensor.byteRange) { bytes in
      [Float](unsafeUninitializedCapacity: range.count) { buffer, count in
        GGUFWeights(bytes: bytes, type: tensor.type).read(
          range, into: UnsafeMutableBufferPointer(rebasing: buffer[..<range.count]))
        count = range.count
      }
    }
  }

  @Test(arguments: blockTypes)
  func `blocks decode to the reference's weights, bit for bit`(name: String) throws {
    let file = try file()
    let tensor = try #require(file.tensors.first { $0.name == name })
    let golden = try #require(file.tensors.first { $0.name == "\(name).weights" })
    #expect(tensor.type.name == name && tensor.shape == golden.shape)
    let all = 0..<tensor.elementCount
    let expected = try weights(of: golden, in: file, all)
    let found = try weights(of: tensor, in: file, all)
    #expect(found.map(\.bitPattern) == expected.map(\.bitPattern))
  }

  @Test(arguments: blockTypes)
  func `any run of weights is that part of the whole`(name: String) throws {
    let file = try file()
    let tensor = try #require(file.tensors.first { $0.name == name })
    let whole = try weights(of: tensor, in: file, 0..<tensor.elementCount)
    var random = SeededGenerator(seed: 7)
    for _ in 0..<40 {
      let start = Int.random(in: 0...whole.count, using: &random)
      let end = Int.random(in: start...whole.count, using: &random)
      #expect(try weights(of: tensor, in: file, start..<end) == Array(whole[start..<end]))
    }
  }

  /// Block sizes as the format's own document lists them: weights, bytes.
  @Test func `blocks are as long as the format says`() {
    let sizes: [String: (Int, Int)] = [
      "q4_0": (32, 18), "q4_1": (32, 20), "q5_0": (32, 22), "q5_1": (32, 24), "q8_0": (32, 34),
      "q2_k": (256, 84), "q3_k": (256, 110), "q4_k": (256, 144), "q5_k": (256, 176),
      "q6_k": (256, 210), "iq4_nl": (32, 18), "iq4_xs": (256, 136), "tq1_0": (256, 54),
      "tq2_0": (256, 66), "mxfp4": (32, 17), "nvfp4": (64, 36),
    ]
    #expect(Set(Self.blockTypes) == Set(sizes.keys))
    for type in GGUFType.all {
      guard let size = sizes[type.name] else { continue }
      #expect(type.weightCount == size.0 && type.byteCount == size.1, "\(type.name)")
    }
  }
}
