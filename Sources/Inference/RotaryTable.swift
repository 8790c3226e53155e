// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Cosine and sine of every position's angles, in texts that share their frequencies.
final class RotaryTable: Sendable {
  private let pairs: Int
  private let steps: RotationRounding
  /// One row of `pairs` for each position, as are the sines.
  private let cosines: FloatBuffer
  private let sines: FloatBuffer

  var byteCount: Int { cosines.byteCount + sines.byteCount }

  /// - Parameters:
  ///   - length: how many positions there are.
  ///   - textLength: see ``RotaryEmbedding/frequencies(windowLength:)``.
  ///   - rounding: what cosines and sines are rounded to where the embedding rounds them.
  init(_ embedding: RotaryEmbedding, length: Int, textLength: Int, rounding: Rounding = .none) {
    pairs = embedding.size / 2
    steps = embedding.rounding
    cosines = FloatBuffer(count: length * pairs)
    sines = FloatBuffer(count: length * pairs)
    let frequencies = embedding.frequencies(windowLength: textLength)
    for position in 0..<length {
      for (pair, frequency) in frequencies.enumerated() {
        // The angle is rounded to fp32 as in the reference implementation, then taken exactly.
        let angle = Double(Float(position) * frequency)
        cosines.base[position * pairs + pair] = Float(cos(angle)) * embedding.amplitude
        sines.base[position * pairs + pair] = Float(sin(angle)) * embedding.amplitude
      }
    }
    guard steps == .each else { return }
    rounding.round(cosines.base, count: cosines.count)
    rounding.round(sines.base, count: sines.count)
  }

  /// Rotates one head in place.
  func rotate(_ head: UnsafeMutablePointer<Float>, position: Int, with math: VectorMath) {
    math.rotate(
      head, cosine: cosines.base + position * pairs, sine: sines.base + position * pairs,
      pairs: pairs, steps: steps)
  }
}
