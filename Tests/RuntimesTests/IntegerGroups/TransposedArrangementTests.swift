// SPDX-License-Identifier: Apache-2.0

import ModelTestSupport
import Quantization
import Tensors
import TestSupport
import Testing

@testable import Runtimes

/// The orders of GPTQ and AWQ against their definitions, code by code.
@Suite struct TransposedArrangementTests {
  private static let (rows, columns) = (48, 96)

  private static func form(bits: Int, _ codes: GroupForm.Codes) throws -> GroupForm {
    let tensor = TestTensor(
      "w", .bf16, [rows, columns], TestTensor.spread(rows * columns, seed: 1))
    let scheme = try Schemes.scheme(
      named: bits == 4 ? "w4a16" : "w8a16", options: SchemeOptions(blockSize: 32))
    var form = try #require(
      GroupForm(
        of: TensorRecord(
          tensor: tensor.description, scheme: scheme.name,
          layout: try scheme.layout(for: tensor.description))))
    form.codes = codes
    return form
  }

  /// Arranges the bytes of a component in frames of eight rows, the last first.
  private func arranged(
    _ bytes: [UInt8], rowByteCount: Int, by arrangement: some FrameArrangement, count: Int
  ) throws -> [UInt8] {
    var array = [UInt8](repeating: 0, count: count)
    var times = [Int](repeating: 0, count: count)
    for first in stride(from: 0, to: Self.rows, by: 8).reversed() {
      let range = first * rowByteCount..<(first + 8) * rowByteCount
      try Array(bytes[range]).withUnsafeBytes { frame in
        try arrangement.arrange(frame, at: range.lowerBound) { run, offset in
          array.replaceSubrange(offset..<offset + run.count, with: run)
          for place in offset..<offset + run.count { times[place] += 1 }
        }
      }
    }
    #expect(times.allSatisfy { $0 == 1 })
    return array
  }

  private func nibble(_ bytes: [UInt8], _ index: Int) -> Int {
    Int(bytes[index / 2] >> (index % 2 == 0 ? 0 : 4) & 15)
  }

  private func bytes(_ count: Int) -> [UInt8] {
    var random = SeededGenerator(seed: 3)
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
  }

  @Test(arguments: [GroupForm.Codes.nibbles(.low), .nibbles(.high), .bytes, .signedBytes])
  func `a word of GPTQ has consecutive columns of one row`(codes: GroupForm.Codes) throws {
    let (rows, columns) = (Self.rows, Self.columns)
    let bits = codes == .bytes || codes == .signedBytes ? 8 : 4
    let stored = bytes(rows * columns * bits / 8)
    let array = try arranged(
      stored, rowByteCount: columns * bits / 8,
      by: TransposedCodes(form: Self.form(bits: bits, codes)), count: stored.count)
    for row in 0..<rows {
      for column in 0..<columns {
        let index = row * columns + column
        let code: Int
        switch codes {
        case .nibbles(.low): code = nibble(stored, index)
        case .nibbles(.high): code = Int(stored[index / 2] >> (index % 2 == 0 ? 4 : 0) & 15)
        case .bytes: code = Int(stored[index])
        case .signedBytes: code = Int(Int8(bitPattern: stored[index])) + 128
        }
        let perWord = 32 / bits
        let word = (column / perWord) * rows + row
        let place = 4 * word * 8 + column % perWord * bits
        let found = Int(array[place / 8] >> (place % 8)) & (1 << bits - 1)
        #expect(found == code)
      }
    }
  }

  @Test(arguments: [GroupForm.Codes.nibbles(.low), .nibbles(.high)])
  func `a word of AWQ has eight rows of one column, even ones first`(codes: GroupForm.Codes) throws
  {
    let (rows, columns) = (Self.rows, Self.columns)
    let stored = bytes(rows * columns / 2)
    let array = try arranged(
      stored, rowByteCount: columns / 2,
      by: InterleavedRows(rows: rows, columns: columns, codes: codes), count: stored.count)
    let order = [0, 2, 4, 6, 1, 3, 5, 7]
    for column in 0..<columns {
      for block in 0..<rows / 8 {
        for lane in 0..<8 {
          let index = (block * 8 + order[lane]) * columns + column
          let code =
            codes == .nibbles(.low)
            ? nibble(stored, index) : Int(stored[index / 2] >> (index % 2 == 0 ? 4 : 0) & 15)
          #expect(nibble(array, (column * (rows / 8) + block) * 8 + lane) == code)
        }
      }
    }
  }
}
