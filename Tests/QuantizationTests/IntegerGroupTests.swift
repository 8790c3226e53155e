// SPDX-License-Identifier: Apache-2.0

import ModelTestSupport
import Quantization
import Tensors
import Testing

@Suite struct IntegerGroupTests {
  private static let cases: [(name: String, type: ElementType, group: Int?)] =
    ["w4a16", "w8a16", "w4a16-asym"].flatMap { name in
      [(name, .bf16, 32), (name, .bf16, nil), (name, .f16, 64), (name, .f32, 128)]
    }

  private static let columns = 384

  private func scheme(_ name: String, _ group: Int?) throws -> any Scheme {
    try Schemes.scheme(
      named: name, options: SchemeOptions(blockSize: group, blocksAreRows: group == nil))
  }

  /// A number as the scheme stores a scale of such weights.
  private func stored(_ number: Float, _ type: ElementType) -> Float {
    let scales: ElementType = type == .bf16 ? .bf16 : .f16
    return TestTensor("s", scales, [1], [number]).weights[0]
  }

  @Test(arguments: cases)
  func `scales, zero points and codes are those of the document's text`(
    name: String, type: ElementType, group: Int?
  ) throws {
    let rows = 21
    var numbers = TestTensor.spread(rows * Self.columns, seed: 12)
    for index in 128..<256 { numbers[index] = 0 }
    let tensor = TestTensor("w", type, [rows, Self.columns], numbers)
    let encoded = try EncodedTensor(tensor, by: scheme(name, group))
    let size = group ?? Self.columns
    let half: Float = name == "w8a16" ? 127.5 : 7.5
    let weights = tensor.weights
    let rule = DecodingRule(encoded)
    for start in stride(from: 0, to: weights.count, by: size) {
      let run = Array(weights[start..<start + size])
      let low = min(0, run.min() ?? 0)
      let high = max(0, run.max() ?? 0)
      let range = name == "w4a16-asym" ? (high - low) / 2 : max(-low, high)
      var scale = stored(range / half, type)
      if scale == 0 { scale = type == .bf16 ? 0x1p-7 : 0x1p-10 }
      let zero =
        name == "w4a16-asym"
        ? min(15, max(0, (-low / scale).rounded(.toNearestOrEven))) : half + 0.5
      for (index, weight) in run.enumerated() {
        let code = min(
          2 * half, max(0, (weight / scale).rounded(.toNearestOrEven) + zero))
        let restored = rule.number(start + index, of: encoded.layout.encoding)
        guard restored == (code - zero) * scale else {
          Issue.record("weight \(start + index): \(weight) is restored as \(restored)")
          return
        }
      }
    }
  }

  @Test(arguments: cases)
  func `slabs do not matter, and statistics are those of what is stored`(
    name: String, type: ElementType, group: Int?
  ) throws {
    let tensor = TestTensor(
      "w", type, [16, Self.columns], TestTensor.spread(16 * Self.columns, seed: 2))
    let scheme = try scheme(name, group)
    let whole = try EncodedTensor(tensor, by: scheme)
    let cut = try EncodedTensor(tensor, by: scheme, slab: 8 * Self.columns)
    #expect(whole.components == cut.components)
    let errors = zip(tensor.weights, whole.restored()).map { Double($0 - $1) * Double($0 - $1) }
    let energy = errors.reduce(0, +)
    // The sums of the statistics are in single precision by lanes.
    #expect(abs(whole.statistics.errorEnergy - energy) <= 1e-5 * energy)
  }

  @Test func `the document's worked example`() throws {
    let weights: [Float] = [1, -1, 0, 0.5] + [Float](repeating: 0, count: 28)
    let encoded = try EncodedTensor(
      TestTensor("w", .bf16, [1, 32], weights), by: scheme("w4a16", 32))
    #expect(encoded.bytes("codes")?.prefix(2) == [0x1F, 0xC8])
  }

  @Test func `rows that are no whole groups are refused where they are named, and kept elsewhere`()
    throws
  {
    let tensor = TestTensor("a.q_proj.weight", .bf16, [4, 100], TestTensor.spread(400, seed: 1))
    #expect(
      throws: QuantizationError.rowLength(
        tensor: "a.q_proj.weight", scheme: "w4a16", shape: [4, 100], multipleOf: 32)
    ) { try scheme("w4a16", 32).layout(for: tensor.description) }
    let choice = Recipe.Choice.scheme(name: "w4a16", options: SchemeOptions(blockSize: 32))
    let kept = try Plan(recipe: Recipe(linearLayers: choice), tensors: [tensor.description])
    #expect(kept.entries[0].scheme == nil && kept.entries[0].reason.contains("multiple of 32"))
    #expect(throws: QuantizationError.self) {
      try Plan(
        recipe: Recipe(linearLayers: .keep, rules: [.init(pattern: "*", choice: choice)]),
        tensors: [tensor.description])
    }
  }

  @Test(arguments: [
    (
      SchemeOptions(blockSize: 256),
      QuantizationError.groupSize(scheme: "w4a16", size: 256, permitted: [32, 64, 128])
    ),
    (SchemeOptions(doubleQuantization: true), .noDoubleQuantization(scheme: "w4a16")),
  ])
  func `options that runtimes have no kernels for are refused`(
    options: SchemeOptions, error: QuantizationError
  ) {
    #expect(throws: error) { try Schemes.scheme(named: "w4a16", options: options) }
  }

  @Test(arguments: ["nf4", "int8", "int4"])
  func `other schemes have no blocks as long as a row`(name: String) {
    #expect(throws: QuantizationError.blocksAreNoRows(scheme: name)) {
      try Schemes.scheme(named: name, options: SchemeOptions(blocksAreRows: true))
    }
  }

  @Test(arguments: ["w4a16", "w8a16", "w4a16-asym"])
  func `NaN, infinity and scales beyond F16 are refused by their place`(name: String) throws {
    var weights = [Float](repeating: 1, count: 64)
    weights[40] = .nan
    #expect(throws: QuantizationError.nonFinite(tensor: "w", index: 40)) {
      try EncodedTensor(TestTensor("w", .f32, [2, 32], weights), by: scheme(name, 32))
    }
    weights[40] = 1e38
    #expect(throws: QuantizationError.outsideRange(tensor: "w", index: 32, type: .f16)) {
      try EncodedTensor(TestTensor("w", .f32, [2, 32], weights), by: scheme(name, 32))
    }
  }
}
