// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Quantization
import Tensors

/// A stack of matrices with a row for each input, in BF16, from MXFP4 codes with a row for each output.
///
/// BF16 holds such weights exactly: two bits of significand, and an exponent of eight.
struct TransposedMXFP4: DerivedArray {
  /// U8 [matrices, outputs, groups, 16] and U8 [matrices, outputs, groups].
  let blocks: String
  let scales: String
  let outputs: Int
  let groups: Int

  var inputs: Int { 32 * groups }

  /// The products of all scales and values, as BF16 bits by scale code and value code.
  private static let products: [UInt16] = (0...255).flatMap { scale in
    let power: Float =
      scale == 255 ? .nan : Float(sign: .plus, exponent: scale - 127, significand: 1)
    return Codebook.e2m1.map { UInt16(($0 * power).bitPattern >> 16) }
  }

  func copy(
    _ range: Range<Int>, of model: SafetensorsModel, into bytes: UnsafeMutableRawBufferPointer
  ) throws {
    try model.withStoredBytes(of: blocks) { blocks in
      try model.withStoredBytes(of: scales) { scales in
        Self.products.withUnsafeBufferPointer { products in
          // Whole numbers, and the halves of one at either end.
          for element in range.lowerBound / 2..<(range.upperBound + 1) / 2 {
            let (row, output) = (element / outputs, element % outputs)
            let (matrix, input) = (row / inputs, row % inputs)
            let group = (matrix * outputs + output) * groups + input / 32
            let pair = blocks[16 * group + input % 32 / 2]
            let code = Int(input % 2 == 0 ? pair & 15 : pair >> 4)
            let bits = products[16 * Int(scales[group]) + code]
            let place = 2 * element - range.lowerBound
            if place >= 0 { bytes[place] = UInt8(truncatingIfNeeded: bits) }
            if place + 1 < range.count { bytes[place + 1] = UInt8(bits >> 8) }
          }
        }
      }
    }
  }
}
