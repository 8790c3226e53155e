// SPDX-License-Identifier: Apache-2.0

import ModelTestSupport
import Quantization
import Tensors

/// The encoders of `formats/encodings.md`, one weight at a time.
enum SchemeRules {
  /// Every block-wise scheme with every option that it takes, at a block size.
  static func schemes(block: Int) throws -> [any Scheme] {
    var schemes: [any Scheme] = []
    for name in ["nf4", "fp4", "int8", "int4"] {
      for twice in name == "int4" ? [false] : [false, true] {
        schemes.append(
          try Schemes.scheme(
            named: name, options: SchemeOptions(blockSize: block, doubleQuantization: twice)))
      }
    }
    return schemes
  }

  /// Code, scale and zero point of every weight, by the text of the document.
  static func encode(
    _ weights: [Float], by scheme: String, block: Int
  ) -> (codes: [Int], scales: [Float], zeros: [Int]) {
    var codes: [Int] = []
    var scales: [Float] = []
    var zeros: [Int] = []
    for start in stride(from: 0, to: weights.count, by: block) {
      let run = weights[start..<min(start + block, weights.count)]
      let largest = run.map(abs).max() ?? 0
      switch scheme {
      case "int4":
        let low = min(0, run.min() ?? 0)
        let high = max(0, run.max() ?? 0)
        let scale = (high - low) / 15
        let zero = scale == 0 ? 0 : (-low / scale).rounded(.toNearestOrEven)
        scales.append(scale)
        zeros.append(Int(zero))
        codes += run.map { weight in
          let step = scale == 0 ? 0 : (weight * (1 / scale)).rounded(.toNearestOrEven)
          return Int(min(15, max(0, step + zero)))
        }
      case "int8":
        scales.append(largest)
        let factor = largest == 0 ? 0 : 1 / largest * 127
        codes += run.map { Int(($0 * factor).rounded(.toNearestOrEven)) }
      default:
        scales.append(largest)
        codes += run.map { weight in
          let y = largest == 0 ? 0 : weight * (1 / largest)
          return scheme == "nf4" ? nf4(y) : fp4(y)
        }
      }
    }
    return (codes, scales, zeros)
  }

  private static func nf4(_ y: Float) -> Int {
    (0..<15).filter { (Codebook.nf4[$0] + Codebook.nf4[$0 + 1]) / 2 < y }.count
  }

  private static func fp4(_ y: Float) -> Int {
    let thresholds: [Float] = [
      0.00260417, 0.0859375, 0.20833333, 0.29166667, 0.4166667, 0.583333, 0.8333333,
    ]
    return [0, 1, 6, 7, 4, 5, 2, 3][thresholds.filter { $0 < abs(y) }.count] + (y < 0 ? 8 : 0)
  }
}
