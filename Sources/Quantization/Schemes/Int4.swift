// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

/// 4-bit integers with a scale and a zero point per block: weight = (code − zero) × scale.
///
/// `formats/encodings.md`, "int4".
struct Int4: BlockCodec {
  static let name = "int4"
  static let codeBits = 4
  static let codeType = ElementType.u8
  static let scalesAreAbsoluteMaxima = false
  static let hasZeros = true

  static func steps(
    scales: Encoding, zeros: Encoding?, constants: [Int], block: Int
  ) -> [Encoding.Step] {
    (zeros.map { [Encoding.Step(.subtract, $0, block: block)] } ?? [])
      + [.init(.multiply, scales, block: block)]
  }

  /// The range of a block is stretched to hold 0, so that 0 has a code of its own; the scale is a
  /// fifteenth of it.
  func chooseScales(_ chunk: Chunk, scratch: Scratch) -> Bool {
    let (minima, maxima) = (scratch.secondSpare, chunk.scales)
    guard Kernels.active.table.minmax(chunk.weights, chunk.count, chunk.block, minima, maxima) == 0
    else { return false }
    for block in 0..<chunk.blockCount {
      let low = min(minima[block], 0)
      let high = max(maxima[block], 0)
      // Halved first, for the difference of two huge weights may overflow.
      let scale = (high / 2 - low / 2) / 7.5
      chunk.scales[block] = scale
      chunk.zeros[block] =
        scale == 0 ? 0 : min(15, max(0, (-low / scale).rounded(.toNearestOrEven)))
    }
    return true
  }

  func encode(_ chunk: Chunk, into codes: UnsafeMutableRawPointer, scratch: Scratch) {
    let multipliers = scratch.secondSpare
    for block in 0..<chunk.blockCount {
      let scale = chunk.scales[block]
      multipliers[block] = scale == 0 ? 0 : 1 / max(scale, .leastNormalMagnitude)
    }
    Kernels.active.table.encode_uint4(
      chunk.weights, chunk.count, chunk.block, multipliers, chunk.zeros,
      codes.assumingMemoryBound(to: UInt8.self))
  }

  func decode(
    _ codes: UnsafeRawPointer, _ chunk: Chunk, into restored: UnsafeMutablePointer<Float>
  ) {
    Kernels.active.table.decode_uint4(
      codes.assumingMemoryBound(to: UInt8.self), chunk.count, chunk.block, chunk.scales,
      chunk.zeros, restored)
  }
}
