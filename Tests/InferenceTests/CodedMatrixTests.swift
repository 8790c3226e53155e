// SPDX-License-Identifier: Apache-2.0

import Container
import Conversion
import Foundation
import ModelTestSupport
import Quantization
import Tensors
import TestSupport
import Testing

@testable import Inference

/// A linear layer of the example, and one whose rows hold several blocks.
private let layer = TensorReference(
  name: "model.layers.0.mlp.down_proj.weight", shape: exampleLayerShape)
private let exampleLayerShape = [256, 768]

@Suite struct CodedMatrixTests {
  static let schemes = [
    "nf4", "fp4", "int4", "int8", "int8-row", "w4a16", "w4a16-asym", "w8a16", "affine4", "affine8",
    "mxfp4", "bf16", "f16",
  ]
  static let original = Fixtures.trainedModel.path

  /// The example, quantized and stored raw.
  static func withCandidate(
    _ scheme: String, blockSize: Int? = nil, doubleQuantization: Bool = false,
    compression: ContainerWriter.Compression = .none, _ body: (ToneModel) throws -> Void
  ) throws {
    let folder = try TemporaryFolder()
    let output = folder.path("candidate.tone")
    var options = QuantizeOptions(
      input: original, output: output,
      recipe: Recipe(
        linearLayers: .scheme(
          name: scheme,
          options: SchemeOptions(blockSize: blockSize, doubleQuantization: doubleQuantization))))
    options.compression = compression
    _ = try quantize(options)
    try body(ToneModel(path: output))
  }

  private func expectSameNumbers(_ model: ToneModel, _ tensor: TensorReference) throws {
    let matrix = try #require(try CodedMatrix(tensor, from: model))
    var expected = [Float](repeating: .nan, count: tensor.count)
    try expected.withUnsafeMutableBufferPointer {
      try tensor.read(
        from: model, into: $0.baseAddress.unsafelyUnwrapped, threads: 1)
    }
    for rows in [0..<tensor.shape[0], 3..<4, 7..<40] {
      var restored = [Float](repeating: .nan, count: rows.count * matrix.columnCount)
      restored.withUnsafeMutableBufferPointer {
        matrix.restore(rows: rows, into: $0.baseAddress.unsafelyUnwrapped)
      }
      let width = matrix.columnCount
      #expect(restored == Array(expected[rows.lowerBound * width..<rows.upperBound * width]))
    }
  }

  @Test(arguments: schemes)
  func `restored rows are the source's numbers, bit for bit`(scheme: String) throws {
    try Self.withCandidate(scheme) { try expectSameNumbers($0, layer) }
  }

  @Test(arguments: ["nf4", "fp4", "int8"])
  func `scales that are quantized themselves are restored, too`(scheme: String) throws {
    try Self.withCandidate(scheme, doubleQuantization: true) { try expectSameNumbers($0, layer) }
  }

  @Test func `selected outputs keep their scales`() throws {
    var part = layer
    part.selection = OutputSelection(
      runs: [.init(start: 5, count: 20, step: 3)], repetitions: 2, distance: 90)
    try Self.withCandidate("int4") { try expectSameNumbers($0, part) }
    part.selection = .run(from: 64, count: 64)
    try Self.withCandidate("nf4") { try expectSameNumbers($0, part) }
  }

  @Test func `codes of a file that is stored raw are not copied, others are`() throws {
    func isMapped(_ model: ToneModel) throws -> Bool {
      let matrix = try #require(try CodedMatrix(layer, from: model))
      return model.mappedFiles[0].withBytes { bytes in
        guard let start = bytes.baseAddress else { return false }
        return (start..<start + bytes.count).contains(matrix.codes.start)
      }
    }
    for scheme in ["nf4", "int4", "int8", "w4a16", "w4a16-asym", "affine4", "mxfp4", "bf16"] {
      try Self.withCandidate(scheme) { try #expect(isMapped($0), "\(scheme)") }
    }
    try Self.withCandidate("bf16", compression: .auto) { try #expect(!isMapped($0)) }
  }

  @Test(arguments: ["nf4", "fp4", "int8"])
  func `scales that are quantized themselves are not copied`(scheme: String) throws {
    try Self.withCandidate(scheme, doubleQuantization: true) { model in
      let matrix = try #require(try CodedMatrix(layer, from: model))
      #expect(matrix.retained.allSatisfy { $0.ownedByteCount == 0 })
      var part = layer
      part.selection = .run(from: 64, count: 64)
      try expectSameNumbers(model, part)
    }
  }

  @Test(arguments: ["int4", "w4a16", "w4a16-asym"])
  func `zero points are not copied`(scheme: String) throws {
    try Self.withCandidate(scheme) { model in
      let matrix = try #require(try CodedMatrix(layer, from: model))
      #expect(matrix.retained.allSatisfy { $0.ownedByteCount == 0 })
    }
  }

  @Test func `rows whose first zero point is half a byte are restored`() throws {
    var part = layer
    part.selection = .run(from: 65, count: 64)
    try Self.withCandidate("int4", blockSize: 256) { try expectSameNumbers($0, part) }
  }

  @Test(arguments: ["w4a16", "w4a16-asym", "affine4", "mxfp4"])
  func `the order of a byte's codes changes no product in fast arithmetic`(scheme: String) throws {
    try Self.withCandidate(scheme) { model in
      let matrix = try #require(try CodedMatrix(layer, from: model))
      #expect(matrix.isLowFirst)
      let swapped = CodedMatrix(
        kind: matrix.kind, rowCount: matrix.rowCount, columnCount: matrix.columnCount,
        block: matrix.block,
        codes: RetainedBytes(count: matrix.codes.count) { bytes in
          let codes = matrix.codes.start.assumingMemoryBound(to: UInt8.self)
          for index in bytes.indices { bytes[index] = codes[index] << 4 | codes[index] >> 4 }
        },
        isLowFirst: false, scales: matrix.scales, zeros: matrix.zeros, offsets: matrix.offsets)
      let states = 9
      let x = TestTensor.spread(states * matrix.columnCount, seed: 5)
      let products = try [matrix, swapped].map { matrix in
        var out = [Float](repeating: .nan, count: states * matrix.rowCount)
        try ProductKernels().multiply(
          matrix, x, states: states, arithmetic: .fast, into: &out, stride: matrix.rowCount,
          adding: false, threads: 2)
        return out
      }
      #expect(products[0] == products[1])
    }
  }

  @Test func `a damaged frame is an error when the matrix is taken`() throws {
    try Self.withCandidate("nf4") { model in
      var bytes = try Data(contentsOf: URL(filePath: model.path))
      let matrix = try #require(try CodedMatrix(layer, from: model))
      let place = model.mappedFiles[0].withBytes { matrix.codes.start - $0.baseAddress! }
      bytes[place + 17] ^= 4
      let damaged = try ToneModel(contents: bytes, path: "damaged.tone")
      #expect(throws: ContainerError.self) { _ = try CodedMatrix(layer, from: damaged) }
    }
  }

  @Test(arguments: [64, 1024])
  func `only blocks that do not straddle rows are used as they are stored`(blockSize: Int) throws {
    try Self.withCandidate("nf4", blockSize: blockSize) { model in
      let matrix = try CodedMatrix(layer, from: model)
      #expect((matrix == nil) == (layer.shape[1] % blockSize != 0))
    }
  }

  @Test func `offsets and transposed matrices are left to reading`() throws {
    try Self.withCandidate("nf4") { model in
      var moved = layer
      moved.offset = 1
      var transposed = layer
      transposed.isTransposed = true
      for tensor in [moved, transposed] {
        let matrix = try CodedMatrix(tensor, from: model)
        #expect(matrix == nil)
      }
    }
  }
}
