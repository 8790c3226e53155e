// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

/// 8-bit integers by the rule of CTranslate2's converter: weight = code / scale, where a row's scale is
/// 127 over its absolute maximum.
///
/// `formats/encodings.md`, "int8-ct2".
struct Int8CTranslate2: BlockCodec {
  static let name = "int8-ct2"
  static let codeBits = 8
  static let codeType = ElementType.i8
  static let blocksAreRows = true
  static let scalesAreAbsoluteMaxima = false

  static func steps(
    scales: Encoding, zeros: Encoding?, constants: [Int], block: Int
  ) -> [Encoding.Step] {
    [.init(.divide, scales, block: block)]
  }

  func chooseScales(_ chunk: Chunk, scratch: Scratch) -> Bool {
    guard chunk.chooseAbsoluteMaxima() else { return false }
    for block in 0..<chunk.blockCount { chunk.scales[block] = Self.scale(for: chunk.scales[block]) }
    return true
  }

  /// 127 / maximum in fp32; 1 for a row of zeros, and the largest number there is for a maximum so small
  /// that the quotient would be none.
  static func scale(for absoluteMaximum: Float) -> Float {
    absoluteMaximum == 0 ? 1 : 127 / max(absoluteMaximum, 127 / .greatestFiniteMagnitude)
  }

  func encode(_ chunk: Chunk, into codes: UnsafeMutableRawPointer, scratch: Scratch) {
    Kernels.active.table.encode_int8(
      chunk.weights, chunk.count, chunk.block, chunk.scales,
      codes.assumingMemoryBound(to: Int8.self))
  }

  func decode(
    _ codes: UnsafeRawPointer, _ chunk: Chunk, into restored: UnsafeMutablePointer<Float>
  ) {
    let codes = codes.assumingMemoryBound(to: Int8.self)
    for block in 0..<chunk.blockCount {
      let scale = chunk.scales[block]
      for index in block * chunk.block..<min((block + 1) * chunk.block, chunk.count) {
        restored[index] = Float(codes[index]) / scale
      }
    }
  }
}
