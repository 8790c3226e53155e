// SPDX-License-Identifier: Apache-2.0

import ModelTestSupport
import Quantization
import Tensors
import Testing

private let golden = Result { try GoldenArrays("groups", in: "mlx") }

/// `SOURCE.DTYPE.affineBITS.GROUP`, for every array of codes that MLX made.
private let cases: [String] =
  (try? golden.get())?.names.filter { $0.hasSuffix(".codes") && $0.contains("affine") }
  .map { String($0.dropLast(".codes".count)) }.sorted() ?? []

@Suite struct AffineTests {
  @Test func `the fixtures have every width, group and type`() {
    #expect(
      cases.count == 2 * 3 * Affine.permittedBits.count * Affine.permittedGroups.count)
  }

  @Test(arguments: cases)
  func `codes, scales and biases are those of mx.quantize, bit for bit`(name: String) throws {
    let golden = try golden.get()
    let (tensor, scheme) = try parts(of: name)
    let encoded = try EncodedTensor(tensor, by: scheme)
    for role in ["codes", "scales", "biases"] {
      #expect(try encoded.bytes(role) == golden.bytes("\(name).\(role)"), "\(role)")
    }
  }

  @Test(arguments: cases)
  func `the statistics are those of the decoding rule`(name: String) throws {
    let (tensor, scheme) = try parts(of: name)
    let encoded = try EncodedTensor(tensor, by: scheme)
    let largest = zip(tensor.weights, encoded.restored()).map { abs($0 - $1) }.max()
    #expect(encoded.statistics.maximumAbsoluteError == largest)
  }

  @Test(arguments: ["normal", "special"], ["f32", "bf16", "f16"])
  func `codes and scales of mxfp4-mlx are those of mx.quantize, bit for bit`(
    source: String, type: String
  ) throws {
    let golden = try golden.get()
    let encoded = try EncodedTensor(
      golden.tensor("\(source).\(type)"), by: Schemes.scheme(named: "mxfp4-mlx"))
    for role in ["codes", "scales"] {
      #expect(try encoded.bytes(role) == golden.bytes("\(source).\(type).mxfp4.\(role)"), "\(role)")
    }
  }

  @Test func `slabs do not show in the codes`() throws {
    let (tensor, scheme) = try parts(of: "normal.bf16.affine3.64")
    let whole = try EncodedTensor(tensor, by: scheme)
    let parts = try EncodedTensor(tensor, by: scheme, slab: 128)
    #expect(whole.components == parts.components)
  }

  @Test func `rows that are no whole groups are refused`() throws {
    let scheme = try Schemes.scheme(named: "affine4", options: SchemeOptions(blockSize: 128))
    #expect(
      throws: QuantizationError.rowLength(
        tensor: "w", scheme: "affine4", shape: [2, 192], multipleOf: 128)
    ) {
      _ = try scheme.layout(for: TestTensor("w", .f32, [2, 192], bytes: []).description)
    }
  }

  @Test func `other groups than MLX has are refused`() {
    #expect(
      throws: QuantizationError.groupSize(
        scheme: "affine6", size: 256, permitted: Affine.permittedGroups)
    ) {
      _ = try Schemes.scheme(named: "affine6", options: SchemeOptions(blockSize: 256))
    }
    #expect(throws: QuantizationError.noDoubleQuantization(scheme: "affine4")) {
      _ = try Schemes.scheme(named: "affine4", options: SchemeOptions(doubleQuantization: true))
    }
  }

  @Test func `what is not finite is refused and named`() throws {
    let scheme = try Schemes.scheme(named: "affine4")
    var weights = [Float](repeating: 1, count: 128)
    weights[100] = .nan
    #expect(throws: QuantizationError.nonFinite(tensor: "w", index: 100)) {
      _ = try EncodedTensor(TestTensor("w", .f32, [1, 128], weights), by: scheme)
    }
    weights[100] = .greatestFiniteMagnitude
    weights[101] = -.greatestFiniteMagnitude
    #expect(throws: QuantizationError.outsideRange(tensor: "w", index: 64, type: .f32)) {
      _ = try EncodedTensor(TestTensor("w", .f32, [1, 128], weights), by: scheme)
    }
  }

  private func parts(of name: String) throws -> (TestTensor, any Scheme) {
    let words = name.split(separator: ".").map(String.init)
    let scheme = try Schemes.scheme(
      named: words[2], options: SchemeOptions(blockSize: Int(words[3])))
    return (try golden.get().tensor("\(words[0]).\(words[1])"), scheme)
  }
}
