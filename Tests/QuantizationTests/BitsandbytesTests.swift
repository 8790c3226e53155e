// SPDX-License-Identifier: Apache-2.0

import ModelTestSupport
import Quantization
import Tensors
import Testing

private let cases = Result { try GoldenArrays("cases") }

/// The names of the cases that have an array of this ending.
private func names(with ending: String) -> [String] {
  guard let golden = try? cases.get(), let notes = try? golden.notes() else { return [] }
  return notes.keys.filter { golden.has("\($0).\(ending)") }.sorted()
}

/// bitsandbytes' CPU backend gives a partial block of zeros this scale, and every other block of
/// zeros 0; ours is 0 throughout, as its GPU kernels have it.
private let partialZeroScale: Float = 1e-38

@Suite struct BitsandbytesTests {
  @Test func `the fixtures have all their cases`() throws {
    #expect(names(with: "nf4.codes").count == 19)
    #expect(names(with: "fp4_gpu.codes").count == 18)
    #expect(
      names(with: "nf4_dq_gpu.scale_codes") == ["odd", "one", "spread", "straddle", "zero-blocks"])
    #expect(names(with: "int8.codes").count == 6)
  }

  @Test(arguments: names(with: "nf4.codes"))
  func `NF4 codes and scales are those of the CPU backend`(name: String) throws {
    let encoded = try encode(name, "nf4")
    let golden = try cases.get()
    #expect(try encoded.bytes("codes") == golden.bytes("\(name).nf4.codes"))
    var scales = try floats(golden.tensor("\(name).nf4.scales"))
    if name.hasPrefix("zero-partial") {
      #expect(scales.last == partialZeroScale)
      scales[scales.count - 1] = 0
    }
    #expect(encoded.floats("scales") == scales)
  }

  @Test(arguments: names(with: "nf4_gpu.codes"))
  func `NF4 codes differ from the GPU rule in blocks of zeros only`(name: String) throws {
    let golden = try cases.get()
    let encoded = try encode(name, "nf4")
    let rule = nibbles(try golden.bytes("\(name).nf4_gpu.codes"))
    let weights = try golden.tensor("\(name).source").weights
    let expected = try golden.notes()[name]?.nf4_codes_different_from_cpu
    let differing = rule.indices.filter { rule[$0] != encoded.codes[$0] }
    #expect(differing.count == expected)
    #expect(differing.allSatisfy { $0 >= weights.count || weights[$0] == 0 })
    #expect(differing.allSatisfy { encoded.codes[$0] == 7 && rule[$0] == 0 })
    #expect(try encoded.floats("scales") == floats(golden.tensor("\(name).nf4_gpu.scales")))
  }

  @Test(arguments: names(with: "fp4_gpu.codes"))
  func `FP4 follows the GPU rule, and differs from the CPU where that is known`(
    name: String
  ) throws {
    let golden = try cases.get()
    let encoded = try encode(name, "fp4")
    #expect(try encoded.bytes("codes") == golden.bytes("\(name).fp4_gpu.codes"))
    #expect(try encoded.floats("scales") == floats(golden.tensor("\(name).fp4_gpu.scales")))
    let cpu = nibbles(try golden.bytes("\(name).fp4.codes"))
    let expected = try golden.notes()[name]?.fp4_codes_different_from_cpu
    #expect(zip(cpu, encoded.codes).filter { $0 != $1 }.count == expected)
  }

  @Test func `FP4 codes of a subnormal block are those of the CPU, for a GPU flushes it`() throws {
    let encoded = try encode("subnormal", "fp4")
    #expect(try encoded.bytes("codes") == cases.get().bytes("subnormal.fp4.codes"))
    #expect(try encoded.bytes("scales") == cases.get().bytes("subnormal.fp4.scales"))
  }

  @Test(arguments: names(with: "nf4_dq_gpu.scale_codes"))
  func `double quantization follows the GPU rule`(name: String) throws {
    let golden = try cases.get()
    let encoded = try encode(name, "nf4", doubleQuantization: true)
    #expect(try encoded.bytes("codes") == golden.bytes("\(name).nf4.codes"))
    for (role, array) in [
      ("scale_codes", "scale_codes"), ("group_scales", "group_scales"), ("scale_offset", "offset"),
    ] {
      #expect(
        try encoded.bytes(role) == golden.bytes("\(name).nf4_dq_gpu.\(array)"), "\(role)")
    }
    let cpu = try golden.bytes("\(name).nf4_dq.scale_codes")
    let expected = try golden.notes()[name]?.scale_codes_different_from_cpu
    #expect(zip(cpu, encoded.bytes("scale_codes") ?? []).filter { $0 != $1 }.count == expected)
  }

  @Test(arguments: names(with: "int8.codes"))
  func `int8-row codes and scales are those of the CPU backend`(name: String) throws {
    let golden = try cases.get()
    let scheme = try Schemes.scheme(named: "int8-row")
    let encoded = try EncodedTensor(golden.tensor("\(name).source"), by: scheme)
    #expect(try encoded.bytes("codes") == golden.bytes("\(name).int8.codes"))
    #expect(try encoded.bytes("scales") == golden.bytes("\(name).int8.scales"))
  }

  private func encode(
    _ name: String, _ scheme: String, doubleQuantization: Bool = false
  ) throws -> EncodedTensor {
    let golden = try cases.get()
    let block = try #require(try golden.notes()[name]?.block_size)
    return try EncodedTensor(
      golden.tensor("\(name).source"),
      by: Schemes.scheme(
        named: scheme,
        options: SchemeOptions(blockSize: block, doubleQuantization: doubleQuantization)))
  }
}

@Suite struct BitsandbytesSquareTests {
  /// The 65,536 bf16 weights whose hashes bitsandbytes' users compare.
  private static let source: TestTensor = {
    var state: UInt32 = 12345
    let weights = (0..<65536).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return Float((Double(state) / 4_294_967_296 - 0.5) * 0.25)
    }
    return TestTensor("square", .bf16, [256, 256], weights)
  }()

  @Test func `NF4 of the square is that of the CPU backend`() throws {
    let golden = try GoldenArrays("square")
    let encoded = try EncodedTensor(Self.source, by: Schemes.scheme(named: "nf4"))
    #expect(try encoded.bytes("codes") == golden.bytes("nf4.codes"))
    #expect(try encoded.bytes("scales") == golden.bytes("nf4.scales"))
  }

  @Test func `int8-row of the square is that of the CPU backend`() throws {
    let golden = try GoldenArrays("square")
    let encoded = try EncodedTensor(Self.source, by: Schemes.scheme(named: "int8-row"))
    #expect(try encoded.bytes("codes") == golden.bytes("int8.codes"))
    #expect(try encoded.bytes("scales") == golden.bytes("int8.scales"))
  }

  @Test func `FP4 of the square differs from the CPU in 227 codes, 177 of them zeros`() throws {
    let encoded = try EncodedTensor(Self.source, by: Schemes.scheme(named: "fp4"))
    #expect(
      try encoded.bytes("codes") == GoldenArrays("square-gpu-rule").bytes("fp4_gpu.codes"))
    let cpu = nibbles(try GoldenArrays("square").bytes("fp4.codes"))
    let differing = zip(cpu, encoded.codes).filter { $0 != $1 }
    #expect(differing.count == 227)
    #expect(differing.filter { $0 & 7 == 0 && $1 & 7 == 0 }.count == 177)
  }

  @Test func `double-quantized scales of the square differ from the CPU in one code by one`() throws
  {
    let rule = try GoldenArrays("square-gpu-rule")
    let encoded = try EncodedTensor(
      Self.source,
      by: Schemes.scheme(named: "nf4", options: SchemeOptions(doubleQuantization: true)))
    #expect(try encoded.bytes("scale_codes") == rule.bytes("nf4_dq_gpu.scale_codes"))
    #expect(try encoded.bytes("group_scales") == rule.bytes("nf4_dq_gpu.group_scales"))
    #expect(try encoded.bytes("scale_offset") == rule.bytes("nf4_dq_gpu.offset"))
    let cpu = try GoldenArrays("square").bytes("nf4_dq.scale_codes")
    let steps = zip(cpu, encoded.bytes("scale_codes") ?? []).map { Int($1) - Int($0) }
    #expect(steps.filter { $0 != 0 }.map(abs) == [1])
  }
}

private func nibbles(_ bytes: [UInt8]) -> [Int] { bytes.flatMap { [Int($0 >> 4), Int($0 & 15)] } }

private func floats(_ tensor: TestTensor) -> [Float] { tensor.weights }
