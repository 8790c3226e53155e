// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

/// The second level: absolute maxima as 8-bit codes of the dynamic map, by the rule of
/// bitsandbytes' GPU kernels.
///
/// `formats/encodings.md`, "Double quantization".
enum DoubleQuantization {
  /// Scales per group.
  static let groupSize = 256

  /// What is stored in place of `blockCount` scales, and how they are read back.
  static func layout(
    blockCount: Int, firstComponent: Int
  ) -> (components: [TensorLayout.Component], encoding: Encoding) {
    let groups = (blockCount + groupSize - 1) / groupSize
    return (
      [
        .init("scale_codes", .u8, [blockCount], .afterScan),
        .init("group_scales", .f32, [groups], .afterScan),
        .init("scale_offset", .f32, [1], .afterScan),
        .constant("scale_codebook", DynamicMap.values),
      ],
      Encoding(
        component: firstComponent,
        steps: [
          .init(.lookup, Encoding(component: firstComponent + 3)),
          .init(.multiply, Encoding(component: firstComponent + 1), block: groupSize),
          .init(.add, Encoding(component: firstComponent + 2)),
        ])
    )
  }

  /// Quantizes scales: their mean (taken in double precision, rounded to fp32) is subtracted, and
  /// each group of 256 is divided by its largest magnitude and stored as the nearest codes.
  ///
  /// - Parameter restored: receives the scales as a reader will have them.
  /// - Returns: the bytes of `scale_codes`, `group_scales` and `scale_offset`.
  static func quantize(
    _ scales: UnsafeBufferPointer<Float>, restored: UnsafeMutableBufferPointer<Float>
  ) -> [[UInt8]] {
    var sum = 0.0
    for scale in scales { sum += Double(scale) }
    let offset = scales.isEmpty ? 0 : Float(sum / Double(scales.count))
    var codes = [UInt8](repeating: 0, count: scales.count)
    var groupScales: [Float] = []
    let values = DynamicMap.values
    for start in stride(from: 0, to: scales.count, by: groupSize) {
      let group = start..<min(start + groupSize, scales.count)
      var largest: Float = 0
      for index in group { largest = max(largest, abs(scales[index] - offset)) }
      groupScales.append(largest)
      // A group without deviations has code 0 throughout: 0 × anything + offset is exact.
      let reciprocal = largest == 0 ? 0 : 1 / max(largest, .leastNormalMagnitude)
      for index in group {
        let code = largest == 0 ? 0 : nearestCode(to: (scales[index] - offset) * reciprocal)
        codes[index] = code
        restored[index] = values[Int(code)] * largest + offset
      }
    }
    return [codes, bytes(of: groupScales), bytes(of: [offset])]
  }

  /// The code of the nearest map entry; halfway between two entries, the even code of the two.
  private static func nearestCode(to number: Float) -> UInt8 {
    var code = 0
    var step = 128
    while step > 0 {
      if midpoints[code + step - 1] < number { code += step }
      step /= 2
    }
    // Here midpoints[code - 1] < number <= midpoints[code]; at equality `code` is the lower one.
    return UInt8(code < 255 && number == midpoints[code] && code % 2 == 1 ? code + 1 : code)
  }

  /// Midpoint j lies halfway between entries j and j + 1, rounded to fp32.
  private static let midpoints: [Float] = {
    let values = DynamicMap.values
    return (0..<255).map { (values[$0] + values[$0 + 1]) * 0.5 }
  }()

  private static func bytes(of numbers: [Float]) -> [UInt8] {
    numbers.flatMap { number in (0..<4).map { UInt8(number.bitPattern >> ($0 * 8) & 255) } }
  }
}
