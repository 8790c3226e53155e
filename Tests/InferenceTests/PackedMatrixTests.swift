// SPDX-License-Identifier: Apache-2.0

import Container
import Conversion
import ModelTestSupport
import Quantization
import Tensors
import TestSupport
import Testing

@testable import Inference

/// What a matrix keeps beside the tensor's own bytes: codebooks and one zero.
private let constantByteCount = 256

/// Matrices whose codes have a few bits each and no gaps.
@Suite struct PackedMatrixTests {
  static let forms: [(format: String, scheme: String, bits: Int)] = [
    ("gguf", "q2_k", 2), ("gguf", "q3_k_m", 3), ("gguf", "q5_k", 5), ("gguf", "q6_k", 6),
    ("gguf", "q5_0", 5), ("gguf", "q5_1", 5), ("tone", "affine2", 2), ("tone", "affine3", 3),
    ("tone", "affine5", 5), ("mlx", "affine6", 6), ("tone", "nvfp4", 4), ("modelopt", "nvfp4", 4),
    ("compressed-tensors", "nvfp4", 4),
  ]
  /// Beside these, GGUF's blocks whose scales alone are packed.
  static let matrices =
    forms.map { ($0.format, $0.scheme) } + [("gguf", "q4_k"), ("gguf", "iq4_xs")]

  private func withMatrix(
    _ format: String, _ scheme: String,
    _ body: (CodedMatrix, TensorReference, any ModelSource) throws -> Void
  ) throws {
    let folder = try TemporaryFolder()
    var options = QuantizeOptions(
      input: try SmallLlama.shared.get().path, output: folder.path("candidate"),
      recipe: Recipe(linearLayers: .scheme(name: scheme, options: SchemeOptions())))
    options.format = format
    options.compression = .none
    _ = try quantize(options)
    let model = try openModel(at: folder.path("candidate"))
    // Mixes give it the type that they are named after.
    let name = "model.layers.0.mlp.gate_proj.weight"
    let tensor = TensorReference(name: name, shape: try #require(model.description(of: name)).shape)
    try body(#require(try CodedMatrix(tensor, from: model)), tensor, model)
  }

  @Test(arguments: matrices)
  func `restored rows are the source's numbers, bit for bit`(
    format: String, scheme: String
  ) throws {
    try withMatrix(format, scheme) { matrix, tensor, model in
      var expected = [Float](repeating: .nan, count: tensor.count)
      try expected.withUnsafeMutableBufferPointer {
        try tensor.read(from: model, into: $0.baseAddress.unsafelyUnwrapped, threads: 1)
      }
      let width = matrix.columnCount
      for rows in [0..<matrix.rowCount, 3..<4, 7..<40] {
        var restored = [Float](repeating: .nan, count: rows.count * width)
        matrix.restore(rows: rows, into: &restored)
        #expect(restored == Array(expected[rows.lowerBound * width..<rows.upperBound * width]))
      }
    }
  }

  @Test(arguments: forms)
  func `a matrix takes no more room than its tensor`(
    format: String, scheme: String, bits: Int
  ) throws {
    try withMatrix(format, scheme) { matrix, tensor, model in
      let stored = try #require(model.description(of: tensor.name)).storedByteCount
      let retained = matrix.retained.reduce(0) { $0 + $1.count }
      #expect(retained <= stored + constantByteCount)
    }
  }

  @Test(arguments: forms)
  func `packed codes are multiplied as the bytes that they stand for, to the last bit`(
    format: String, scheme: String, bits: Int
  ) throws {
    try withMatrix(format, scheme) { matrix, _, _ in
      let packing = try #require(matrix.packing)
      #expect(packing.bits == bits)
      let count = matrix.rowCount * matrix.columnCount
      var plain = CodedMatrix(
        kind: matrix.kind, rowCount: matrix.rowCount, columnCount: matrix.columnCount,
        block: matrix.block,
        codes: RetainedBytes(count: count) { bytes in
          guard let start = bytes.baseAddress?.assumingMemoryBound(to: Int8.self) else { return }
          packing.unpack(matrix.codes.start, count: count, into: start)
        },
        isLowFirst: false, scales: matrix.scales, zeros: nil, offsets: matrix.offsets)
      plain.packing = nil
      for arithmetic in [Arithmetic.exact, .fast] {
        for states in [1, 3, 9] {
          let x = TestTensor.spread(states * matrix.columnCount, seed: 5)
          let products = try [matrix, plain].map { matrix in
            var out = [Float](repeating: .nan, count: states * matrix.rowCount)
            try ProductKernels().multiply(
              matrix, x, states: states, arithmetic: arithmetic, into: &out,
              stride: matrix.rowCount, adding: false, threads: 2)
            return out
          }
          #expect(products[0] == products[1], "\(arithmetic), \(states) states")
        }
      }
    }
  }
}
