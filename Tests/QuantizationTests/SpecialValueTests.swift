// SPDX-License-Identifier: Apache-2.0

import ModelTestSupport
import Quantization
import Tensors
import Testing

@Suite struct SpecialValueTests {
  private static let everyScheme = ["nf4", "fp4", "int8", "int8-row", "int8-ct2", "int4"]

  @Test(arguments: everyScheme)
  func `zeros of either sign are restored as 0`(name: String) throws {
    let weights = [Float](repeating: 0, count: 100) + [Float](repeating: -0.0, count: 100)
    for twice in [false, true] where !twice || !["int4", "int8-ct2"].contains(name) {
      let encoded = try EncodedTensor(
        TestTensor("w", .f32, [2, 100], weights),
        by: Schemes.scheme(named: name, options: SchemeOptions(doubleQuantization: twice)))
      #expect(encoded.restored().allSatisfy { $0 == 0 })
    }
  }

  @Test(arguments: everyScheme)
  func `one outlier is kept and takes the rest of its block with it`(name: String) throws {
    var weights = [Float](repeating: 0.001, count: 128)
    weights[5] = -1000
    let encoded = try EncodedTensor(
      TestTensor("w", .f32, [2, 64], weights), by: Schemes.scheme(named: name))
    let restored = encoded.restored()
    #expect(abs(restored[5] + 1000) <= 1000 * 1e-6)
    #expect(abs(restored[4]) <= 1000)
    #expect(restored[64...].allSatisfy { abs($0 - 0.001) <= 1e-6 })
  }

  @Test(arguments: ["nf4", "fp4", "int8", "int4"])
  func `subnormal weights give finite numbers no larger than the largest`(name: String) throws {
    let weights = (0..<64).map { Float(bitPattern: UInt32($0) &* 7919) * ($0 % 2 == 0 ? 1 : -1) }
    let encoded = try EncodedTensor(
      TestTensor("w", .f32, [64], weights), by: Schemes.scheme(named: name))
    let largest = weights.map(abs).max() ?? 0
    // Half a step may be rounded up where a step is itself subnormal.
    #expect(encoded.restored().allSatisfy { abs($0) <= largest + .leastNonzeroMagnitude * 16 })
  }

  @Test(arguments: ["int8", "int4"])
  func `a weight that would be restored as infinite is refused by its index`(name: String) throws {
    let largest = Float.greatestFiniteMagnitude
    // int4's zero point is 8 and not 7.5, so that only the lower end of the range overflows.
    let index = name == "int4" ? 2 : 1
    #expect(throws: QuantizationError.outsideRange(tensor: "w", index: index, type: .f32)) {
      try EncodedTensor(
        TestTensor("w", .f32, [4], [0, largest, -largest, 1]), by: Schemes.scheme(named: name))
    }
    // int8 multiplies codes up to 127 by the maximum before it divides.
    let encoded = try EncodedTensor(
      TestTensor("w", .f32, [4], [0, largest / 128, -largest / 128, 1]),
      by: Schemes.scheme(named: name))
    #expect(encoded.restored().allSatisfy { $0.isFinite })
  }

  @Test(arguments: ["nf4", "fp4"])
  func `the largest numbers of fp32 do not overflow`(name: String) throws {
    let weights: [Float] = [.greatestFiniteMagnitude, -.greatestFiniteMagnitude, 0, 1]
    let encoded = try EncodedTensor(
      TestTensor("w", .f32, [4], weights), by: Schemes.scheme(named: name))
    #expect(encoded.restored().allSatisfy { $0.isFinite })
  }

  @Test(
    arguments: everyScheme + ["f16", "bf16", "f32"],
    [Float.nan, .infinity, -.infinity])
  func `a weight that is not finite is refused by its index`(name: String, bad: Float) throws {
    let good = TestTensor.spread(10_000, seed: 4)
    for index in [0, 63, 64, 4095, 4096, 8999, 9999] {
      for twice in [false, true]
      where !twice || ["nf4", "fp4", "int8", "int8-row"].contains(name) {
        var weights = good
        weights[index] = bad
        let later = min(9999, index + 70)
        if later > index { weights[later] = .nan }
        let scheme = try Schemes.scheme(
          named: name, options: SchemeOptions(doubleQuantization: twice))
        let tensor = TestTensor("model.x", .f32, [100, 100], weights)
        #expect(throws: QuantizationError.nonFinite(tensor: "model.x", index: index)) {
          try EncodedTensor(tensor, by: scheme)
        }
      }
    }
  }

  @Test func `the index of a bad weight counts from the tensor's start, not the slab's`() throws {
    var weights = TestTensor.spread(1024, seed: 4)
    weights[900] = .nan
    #expect(throws: QuantizationError.nonFinite(tensor: "w", index: 900)) {
      try EncodedTensor(
        TestTensor("w", .f32, [1024], weights), by: Schemes.scheme(named: "nf4"), slab: 128)
    }
  }

  @Test(arguments: ["int8-row", "f16"])
  func `a weight that rounds to infinity in fp16 is refused by its index`(name: String) throws {
    // 65504 is the largest fp16 number; up to 65520 everything rounds to it.
    var weights: [Float] = [1, 65504, -65519.996, 3, 4, 5]
    let scheme = try Schemes.scheme(named: name)
    let encoded = try EncodedTensor(TestTensor("w", .f32, [2, 3], weights), by: scheme)
    #expect(encoded.statistics.maximumAbsoluteError < 65519.996)
    weights[4] = -65520
    #expect(throws: QuantizationError.outsideRange(tensor: "w", index: 4, type: .f16)) {
      try EncodedTensor(TestTensor("w", .f32, [2, 3], weights), by: scheme)
    }
  }

  @Test func `the weight that overflows is named, not a smaller one before it`() throws {
    let weights: [Float] = [65510, 1, 70000, 2]
    #expect(throws: QuantizationError.outsideRange(tensor: "w", index: 2, type: .f16)) {
      try EncodedTensor(
        TestTensor("w", .f32, [1, 4], weights), by: Schemes.scheme(named: "int8-row"))
    }
  }

  @Test func `a weight that rounds to infinity in bf16 is refused by its index`() throws {
    let largest = Float(bitPattern: 0x7F7F_7FFF)
    let scheme = try Schemes.scheme(named: "bf16")
    let kept = try EncodedTensor(TestTensor("w", .f32, [2], [largest, 1]), by: scheme)
    #expect(kept.restored()[0].isFinite)
    #expect(throws: QuantizationError.outsideRange(tensor: "w", index: 1, type: .bf16)) {
      try EncodedTensor(TestTensor("w", .f32, [2], [1, -largest.nextUp]), by: scheme)
    }
  }

  @Test func `large fp32 weights whose squares overflow are cast all the same`() throws {
    let weights: [Float] = [3e38, -1e30, 1]
    let encoded = try EncodedTensor(
      TestTensor("w", .f32, [3], weights), by: Schemes.scheme(named: "bf16"))
    #expect(encoded.restored().allSatisfy { $0.isFinite })
  }

  @Test func `a slab knows whether all its weights are finite`() {
    for index in [0, 4095, 4096, 5000] {
      for bad in [Float.nan, -.infinity] {
        var weights = TestTensor.spread(5001, seed: 12)
        #expect(isFinite(weights))
        weights[index] = bad
        #expect(!isFinite(weights))
      }
    }
  }

  private func isFinite(_ weights: [Float]) -> Bool {
    weights.withUnsafeBytes {
      Slab(tensor: "w", elements: 0..<weights.count, bytes: $0, elementType: .f32).isFinite
    }
  }
}
