// SPDX-License-Identifier: Apache-2.0

import ModelTestSupport
import Quantization
import Tensors
import Testing

/// Blocks that were worked out on paper from `formats/encodings.md`.
@Suite struct HandComputedTests {
  @Test func `NF4: 1, −1, 0, 0.5 is F0 7C`() throws {
    let encoded = try EncodedTensor(
      TestTensor("w", .f32, [4], [1, -1, 0, 0.5]), by: Schemes.scheme(named: "nf4"))
    #expect(encoded.bytes("codes") == [0xF0, 0x7C])
    #expect(encoded.bytes("scales") == [0, 0, 0x80, 0x3F])
    #expect(encoded.restored() == [1, -1, 0, 0.44070982933044434])
  }

  @Test func `FP4: 1, −1, 0, 0.5 is 3B 05`() throws {
    // 0.5 lies between the thresholds 0.4166667 and 0.583333, which is step 5, code 5.
    let encoded = try EncodedTensor(
      TestTensor("w", .f32, [4], [1, -1, 0, 0.5]), by: Schemes.scheme(named: "fp4"))
    #expect(encoded.bytes("codes") == [0x3B, 0x05])
    #expect(encoded.bytes("scales") == [0, 0, 0x80, 0x3F])
    #expect(encoded.restored() == [1, -1, 0, 0.5])
  }

  @Test func `int8: 1, −1, 0, 0.5 is 7F 81 00 40, for 63.5 is a tie`() throws {
    let encoded = try EncodedTensor(
      TestTensor("w", .f32, [4], [1, -1, 0, 0.5]), by: Schemes.scheme(named: "int8"))
    #expect(encoded.bytes("codes") == [0x7F, 0x81, 0x00, 0x40])
    #expect(encoded.bytes("scales") == [0, 0, 0x80, 0x3F])
    #expect(encoded.bytes("step") == [0x04, 0x02, 0x01, 0x3C])
  }

  @Test func `int8-row: each row has its own scale`() throws {
    let encoded = try EncodedTensor(
      TestTensor("w", .f32, [2, 2], [1, -1, 0, 0.5]), by: Schemes.scheme(named: "int8-row"))
    #expect(encoded.bytes("codes") == [0x7F, 0x81, 0x00, 0x7F])
    #expect(encoded.bytes("scales") == [0, 0, 0x80, 0x3F, 0, 0, 0x00, 0x3F])
  }

  @Test func `int8-ct2: each row has the factor of its weights, 1 where all are 0`() throws {
    // 127 / 0.5 = 254; 0.25 × 254 = 63.5 is a tie.
    let encoded = try EncodedTensor(
      TestTensor("w", .f32, [3, 2], [1, -1, 0, 0, 0.5, 0.25]),
      by: Schemes.scheme(named: "int8-ct2"))
    #expect(encoded.bytes("codes") == [0x7F, 0x81, 0, 0, 0x7F, 0x40])
    #expect(encoded.floats("scales") == [127, 1, 254])
    #expect(encoded.restored() == [1, -1, 0, 0, 0.5, 64 / 254])
  }

  @Test func `int4: −5, 10, 0, 2.5 has scale 1 and zero point 5`() throws {
    // The range is 15; 2.5 is a tie and goes to 2, so its code is 7.
    let encoded = try EncodedTensor(
      TestTensor("w", .f32, [4], [-5, 10, 0, 2.5]), by: Schemes.scheme(named: "int4"))
    #expect(encoded.bytes("codes") == [0x0F, 0x57])
    #expect(encoded.bytes("scales") == [0, 0, 0x80, 0x3F])
    #expect(encoded.bytes("zeros") == [0x50])
    #expect(encoded.restored() == [-5, 10, 0, 2])
  }

  @Test func `double quantization: the scales 1 and 3 have offset 2 and the outermost codes`()
    throws
  {
    // Deviations of −1 and 1 in a group whose scale is 1; the map has no −1, its first entry is near.
    var weights = [Float](repeating: 0, count: 64)
    weights[0] = -1
    weights[32] = 3
    let encoded = try EncodedTensor(
      TestTensor("w", .f32, [64], weights),
      by: Schemes.scheme(
        named: "nf4", options: SchemeOptions(blockSize: 32, doubleQuantization: true)))
    #expect(encoded.bytes("scale_codes") == [0, 255])
    #expect(encoded.bytes("group_scales") == [0, 0, 0x80, 0x3F])
    #expect(encoded.bytes("scale_offset") == [0, 0, 0x00, 0x40])
    #expect(encoded.bytes("codes")?.prefix(1) == [0x07])
    #expect(encoded.restored()[0] == -(2 + Float(-0.99296874)))
    #expect(encoded.restored()[32] == 3)
  }

  @Test func `casts round to nearest even`() throws {
    // 1 + 3·2^-8 lies halfway between two bf16 numbers, 1 + 3·2^-11 between two fp16 numbers.
    let weights: [Float] = [1, -2, 1 + 3 * 0x1p-8, 1 + 3 * 0x1p-11]
    let tensor = TestTensor("w", .f32, [4], weights)
    let bf16 = try EncodedTensor(tensor, by: Schemes.scheme(named: "bf16"))
    #expect(bf16.bytes("values") == [0x80, 0x3F, 0x00, 0xC0, 0x82, 0x3F, 0x80, 0x3F])
    let f16 = try EncodedTensor(tensor, by: Schemes.scheme(named: "f16"))
    #expect(f16.bytes("values") == [0x00, 0x3C, 0x00, 0xC0, 0x0C, 0x3C, 0x02, 0x3C])
    let f32 = try EncodedTensor(tensor, by: Schemes.scheme(named: "f32"))
    #expect(f32.bytes("values") == tensor.bytes)
  }
}
