// SPDX-License-Identifier: Apache-2.0

import CKernels
import Foundation
import ModelTestSupport
import Quantization
import Tensors
import TestSupport
import Testing

@testable import Runtimes

/// Blocks as they are made, against those of llama-quantize.
@Suite struct GGUFEncodingTests {
  /// Every type that is made.
  static let types = GGUFType.all.filter { GGUFBlockScheme($0) != nil }.map(\.name)

  private func file() throws -> GGUFFile {
    try GGUFFile(path: Fixtures.folder.appending(path: "gguf/encoded.gguf").path)
  }

  private func bytes(_ name: String, of file: GGUFFile) throws -> [UInt8] {
    let tensor = try #require(file.tensors.first { $0.name == name })
    return try file.file.withBytes(in: tensor.byteRange) { Array($0) }
  }

  private func weights(of file: GGUFFile) throws -> TestTensor {
    let tensor = try #require(file.tensors.first { $0.name == "weights" })
    return TestTensor("w", .f32, tensor.shape, bytes: try bytes("weights", of: file))
  }

  @Test func `every type of the fixture is made`() throws {
    let names = Set(try file().tensors.map(\.name)).subtracting(["weights"])
    #expect(names == Set(Self.types))
    #expect(names.count == 13)
  }

  @Test(arguments: types)
  func `blocks are llama-quantize's, byte for byte`(name: String) throws {
    let file = try file()
    let scheme = try #require(GGUFType(named: name).flatMap { GGUFBlockScheme($0) })
    let encoded = try EncodedTensor(try weights(of: file), by: scheme)
    #expect(encoded.bytes(GGUFBlockScheme.role) == (try bytes(name, of: file)))
  }

  @Test(arguments: types)
  func `slabs of any length give the bytes of the whole`(name: String) throws {
    let weights = try weights(of: try file())
    let scheme = try #require(GGUFType(named: name).flatMap { GGUFBlockScheme($0) })
    let whole = try EncodedTensor(weights, by: scheme)
    for slab in [256, 3 * 256, 17 * 256] {
      let parts = try EncodedTensor(weights, by: scheme, slab: slab)
      #expect(parts.components == whole.components)
    }
  }

  @Test(arguments: types)
  func `the weights that errors are measured by are those that a reader decodes`(
    name: String
  ) throws {
    let weights = try weights(of: try file()).weights
    let type = try #require(GGUFType(named: name))
    guard case .blocks(let block) = type.storage else { return }
    for isa in [HALFTONE_ISA_SCALAR, HALFTONE_ISA_AVX2, HALFTONE_ISA_NEON] {
      guard let encoders = halftone_block_encoders_for(isa)?.pointee else { continue }
      guard let kernel = block.encoder(in: encoders) else { continue }
      let count = weights.count / type.weightCount
      var bytes = [UInt8](repeating: 0, count: count * type.byteCount)
      var restored = [Float](repeating: .nan, count: weights.count)
      kernel(weights, count, &bytes, &restored)
      var decoded = [Float](repeating: .nan, count: weights.count)
      bytes.withUnsafeBytes { bytes in
        decoded.withUnsafeMutableBufferPointer { type.decode(bytes, count: count, into: $0) }
      }
      #expect(restored.map(\.bitPattern) == decoded.map(\.bitPattern))
    }
  }

  @Test(arguments: ["q4_0", "q4_k", "iq4_xs"])
  func `a scale beyond half precision is an error that names the weight`(name: String) throws {
    let scheme = try #require(GGUFType(named: name).flatMap { GGUFBlockScheme($0) })
    var weights = [Float](repeating: 1, count: 1024)
    weights[600] = 1e9
    let tensor = TestTensor("big", .f32, [4, 256], weights)
    let error = try #require(throws: QuantizationError.self) {
      _ = try EncodedTensor(tensor, by: scheme)
    }
    guard case .outsideRange(let tensor, let index, let type) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(tensor == "big" && type == .f16)
    #expect(index / scheme.type.weightCount == 600 / scheme.type.weightCount)
  }

  @Test(arguments: types)
  func `a weight that is not finite is an error that names it`(name: String) throws {
    let scheme = try #require(GGUFType(named: name).flatMap { GGUFBlockScheme($0) })
    for bad in [Float.nan, .infinity] {
      var weights = [Float](repeating: 0.5, count: 1024)
      weights[700] = bad
      #expect(throws: QuantizationError.nonFinite(tensor: "w", index: 700)) {
        _ = try EncodedTensor(TestTensor("w", .f32, [4, 256], weights), by: scheme)
      }
    }
  }

  @Test func `rows that are not whole blocks are refused`() throws {
    let scheme = try #require(GGUFType(named: "q4_k").flatMap { GGUFBlockScheme($0) })
    let tensor = TestTensor("w", .f32, [2, 128], [Float](repeating: 1, count: 256))
    #expect(
      throws: QuantizationError.rowLength(
        tensor: "w", scheme: "q4_k", shape: [2, 128], multipleOf: 256)
    ) { _ = try scheme.layout(for: tensor.description) }
  }
}
