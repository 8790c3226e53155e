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

/// Rounding differs in every sum of a network of one layer.
private let exactTolerance = 1e-5
/// The bound of `product_kernels.h` for sums of so many terms; a weight and its scale are each rounded
/// once more on either side.
private func sumBound(_ columns: Int) -> Double { (Double(columns) / 8 + 64 + 2) * 0x1p-24 }
/// What vectors take as fp32, and codebooks; a matrix that is expanded takes several times as much.
private let vectorByteCount = 1 << 16

/// Matrices of every scheme and format while text is generated: they stay as they are stored.
@Suite struct StoredFormTests {
  /// Those that `.tone` holds, in blocks that straddle rows too.
  static let schemes: [(scheme: String, blockSize: Int?)] =
    Schemes.names.filter { $0 != "f32" }.map { ($0, nil) } + [("nf4", 1024), ("int8", 1024)]

  static let formats: [(format: String, scheme: String)] = [
    ("bitsandbytes", "nf4"), ("bitsandbytes", "int8-row"), ("compressed-tensors", "w4a16"),
    ("compressed-tensors", "w8a16"), ("compressed-tensors", "fp8"),
    ("compressed-tensors", "nvfp4"), ("gptq", "w4a16"), ("awq", "w4a16-asym"),
    ("mlx", "affine4"), ("mlx", "affine8"), ("modelopt", "fp8"), ("modelopt", "nvfp4"),
    ("ctranslate2", "int8-ct2"), ("gguf", "q4_0"), ("gguf", "q8_0"), ("gguf", "q4_1"),
    ("gguf", "q2_k"), ("gguf", "q3_k_m"), ("gguf", "q4_k_m"), ("gguf", "q5_k_m"),
    ("gguf", "q6_k"), ("gguf", "q5_0"), ("gguf", "q5_1"), ("gguf", "iq4_nl"), ("gguf", "iq4_xs"),
  ]

  private func expectStored(
    _ format: String, _ scheme: String, blockSize: Int? = nil, of original: String,
    doubleQuantization: Bool = false
  ) throws {
    let folder = try TemporaryFolder()
    var options = QuantizeOptions(
      input: original, output: folder.path("candidate"),
      recipe: Recipe(
        linearLayers: .scheme(
          name: scheme,
          options: SchemeOptions(blockSize: blockSize, doubleQuantization: doubleQuantization))))
    options.format = format
    options.compression = .none
    _ = try quantize(options)
    let model = try openModel(at: folder.path("candidate"))
    let dense = try Decoder(model, threads: 2)
    let stored = try Decoder(model, threads: 2, productRule: .coded(.exact))
    for length in [1, 17] {
      let window = (0..<length).map { Int32(17 * $0 % 60) }
      let expected = try dense.logits(ofWindow: window)
      try #expect(relativeError(stored.logits(ofWindow: window), expected) < exactTolerance)
    }
    #expect(stored.weights.ownedByteCount <= model.byteCount + vectorByteCount)
    try expectProductsWithinBound(of: model)
  }

  /// Compares products straight from the codes with those of the restored weights, in double.
  private func expectProductsWithinBound(of model: any ModelSource) throws {
    let name = "model.layers.0.mlp.down_proj.weight"
    guard let shape = model.description(of: name)?.shape,
      let matrix = try CodedMatrix(TensorReference(name: name, shape: shape), from: model)
    else { return }
    let (states, columns) = (3, matrix.columnCount)
    let x = TestTensor.spread(states * columns, seed: 11)
    var out = [Float](repeating: .nan, count: states * matrix.rowCount)
    try ProductKernels().multiply(
      matrix, x, states: states, arithmetic: .exact, into: &out, stride: matrix.rowCount,
      adding: false, threads: 2)
    for row in [0, 1, 37, matrix.rowCount - 1] {
      let terms = Terms(of: matrix, row: row)
      for state in 0..<states {
        let x = x[state * columns..<(state + 1) * columns].map(Double.init)
        let sum = zip(terms.weights, x).reduce(0) { $0 + $1.0 * $1.1 }
        let magnitude = zip(terms.magnitudes, x).reduce(0) { $0 + $1.0 * abs($1.1) }
        let error = abs(Double(out[state * matrix.rowCount + row]) - sum)
        #expect(error <= sumBound(columns) * magnitude, "row \(row), state \(state)")
      }
    }
  }

  /// One row's weights, and of each the magnitudes of what the kernels and the offsets add for it.
  private struct Terms {
    var weights: [Double]
    var magnitudes: [Double]

    init(of matrix: CodedMatrix, row: Int) {
      var numbers = [Float](repeating: .nan, count: matrix.columnCount)
      matrix.restore(rows: row..<row + 1, into: &numbers)
      func perBlock(_ stored: BlockNumbers?) -> [Double] {
        var numbers = [Float](repeating: 0, count: matrix.blocksPerRow)
        stored?.read(matrix.blocks(of: row..<row + 1), into: &numbers)
        return numbers.map(Double.init)
      }
      let (scales, offsets) = (perBlock(matrix.scales), perBlock(matrix.offsets))
      let middle = matrix.kind == .unsignedBytes ? 128.0 : 0
      weights = numbers.map(Double.init)
      magnitudes = weights.enumerated().map { column, weight in
        let block = column / matrix.block
        let offset = offsets[block] + middle * scales[block]
        return abs(weight - offset) + abs(offset)
      }
    }
  }

  @Test(arguments: schemes)
  func `no scheme's matrices are expanded, and logits are those of the restored weights`(
    scheme: String, blockSize: Int?
  ) throws {
    try expectStored("tone", scheme, blockSize: blockSize, of: SmallLlama.shared.get().path)
  }

  @Test(arguments: formats)
  func `no format's matrices are expanded, and logits are those of the restored weights`(
    format: String, scheme: String
  ) throws {
    try expectStored(format, scheme, of: SmallLlama.shared.get().path)
  }

  @Test(arguments: ["nf4", "int8-row", "bf16"])
  func `matrices that are stored transposed stay so`(scheme: String) throws {
    try expectStored(
      "tone", scheme, of: Fixtures.folder.appending(path: "families/gpt2").path)
  }

  @Test(arguments: ["nf4", "fp8"])
  func `a file that is stored raw is mapped, not copied`(scheme: String) throws {
    let folder = try TemporaryFolder()
    var options = QuantizeOptions(
      input: try SmallLlama.shared.get().path, output: folder.path("candidate"),
      recipe: Recipe(linearLayers: .scheme(name: scheme, options: SchemeOptions())))
    options.compression = .none
    _ = try quantize(options)
    let stored = try Decoder(
      openModel(at: folder.path("candidate")), threads: 1, productRule: .coded(.exact))
    #expect(stored.weights.ownedByteCount <= vectorByteCount)
  }
}
