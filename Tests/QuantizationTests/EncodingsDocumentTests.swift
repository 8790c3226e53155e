// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation
import ModelTestSupport
import Quantization
import Tensors
import TestSupport
import Testing

/// The numbers of `formats/encodings.md` against those of the code.
@Suite struct EncodingsDocumentTests {
  private let document: String

  init() throws {
    document = try String(
      contentsOf: Fixtures.repository.appending(path: "formats/encodings.md"), encoding: .utf8)
  }

  @Test func `NF4's codebook is the document's table`() throws {
    var values = [Int: Float]()
    for row in try tableRows(of: "nf4") {
      for pair in stride(from: 0, to: row.count - 1, by: 2) {
        if let code = Int(row[pair]) { values[code] = number(row[pair + 1]) }
      }
    }
    #expect(values.count == 16)
    #expect((0..<16).map { values[$0] } == Codebook.nf4)
  }

  @Test func `FP4's codebook is the document's table over 12`() throws {
    let row = try #require(try tableRows(of: "fp4").first { $0[0] == "value × 12" })
    let magnitudes = row.dropFirst().map { (number($0) ?? .nan) / 12 }
    #expect(magnitudes == Array(Codebook.fp4[..<8]))
    #expect(magnitudes.map { $0 == 0 ? 0 : -$0 } == Array(Codebook.fp4[8...]))
    #expect(Codebook.fp4[8].sign == .plus)
  }

  @Test func `the codebooks are bitsandbytes'`() throws {
    let golden = try GoldenArrays("codebooks")
    #expect(try golden.tensor("nf4").weights == Codebook.nf4)
    #expect(try golden.bytes("fp4") == TestTensor.bytes(of: Codebook.fp4, as: .f32))
    #expect(try golden.bytes("dynamic") == TestTensor.bytes(of: DynamicMap.values, as: .f32))
  }

  @Test func `the dynamic map ascends, lacks −1 and has bitsandbytes' digest`() {
    let values = DynamicMap.values
    #expect(values.count == 256)
    #expect(zip(values, values.dropFirst()).allSatisfy { $0 < $1 })
    #expect(values[127] == 0 && values[255] == 1 && values[0] == -0.99296874)
    #expect((0..<127).allSatisfy { values[126 - $0] == -values[128 + $0] })
    let digest = SHA256.hash(data: TestTensor.bytes(of: values, as: .f32))
    #expect(
      digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        == "e732639a65f497b4ad684bb166a4467708255edd5207757de8b8f0c7e1fda89c")
  }

  @Test func `bits per weight are the document's`() throws {
    // "With blocks of 64: `nf4`, `fp4` 4.5, with double quantization 4.127; `int8` 8.5, …"
    let start = try #require(document.range(of: "With blocks of 64: "))
    let sentence = document[start.upperBound...].prefix { $0 != "\n" }
    var checked: [String] = []
    for clause in sentence.split(separator: ";") {
      let names = clause.split(separator: "`").map(String.init).filter {
        Schemes.names.contains($0)
      }
      let numbers = clause.split { " ,".contains($0) }.compactMap { Double($0.trimmed) }
      for name in names where !name.hasPrefix("int8-") {
        for (twice, expected) in zip([false, true], numbers) {
          let options = SchemeOptions(doubleQuantization: twice)
          let layout = try Schemes.scheme(named: name, options: options).layout(for: square)
          let bits = Double(layout.storedByteCount) * 8 / Double(square.elementCount)
          #expect(abs(bits - expected) < 0.0005, "\(name), double quantization \(twice)")
          checked.append("\(name) \(twice)")
        }
      }
    }
    #expect(checked.count == 7)
    #expect(sentence.contains("`int8-row` 8 + 32 / row length"))
    let rows = try Schemes.scheme(named: "int8-row").layout(for: square).storedByteCount
    #expect(rows * 8 == square.elementCount * 8 + square.rowCount * 32)
    #expect(sentence.contains("`int8-ct2` the same"))
    let divided = try Schemes.scheme(named: "int8-ct2").layout(for: square).storedByteCount
    #expect(divided == rows)
  }

  @Test func `the block sizes are the document's`() throws {
    #expect(document.contains("from 32 to 4096, 64 if the user does not say"))
    #expect(BlockGeometry.permittedSizes.first == 32 && BlockGeometry.permittedSizes.last == 4096)
    #expect(
      zip(BlockGeometry.permittedSizes, BlockGeometry.permittedSizes.dropFirst())
        .allSatisfy { $1 == 2 * $0 })
    let layout = try Schemes.scheme(named: "nf4").layout(for: square)
    #expect(layout.encoding.steps?.last?.block == 64)
  }

  private let square = TensorDescription(
    name: "w", shape: [4096, 4096], elementType: .bf16, scheme: "bf16",
    storedByteCount: 2 * 4096 * 4096)

  /// The cells of the tables of a section.
  private func tableRows(of section: String) throws -> [[String]] {
    let start = try #require(document.range(of: "\n## \(section)\n"))
    let text = document[start.upperBound...]
    let end = text.range(of: "\n## ")?.lowerBound ?? text.endIndex
    return text[..<end].split(separator: "\n").filter { $0.hasPrefix("|") }
      .map { $0.split(separator: "|").map(\.trimmed) }
  }

  private func number(_ text: String) -> Float? {
    Float(text.replacingOccurrences(of: "−", with: "-"))
  }
}

extension Substring {
  fileprivate var trimmed: String { trimmingCharacters(in: CharacterSet(charactersIn: " .\n")) }
}
