// SPDX-License-Identifier: Apache-2.0

import Foundation

/// How attention knows the distance between a query and a key.
enum Position: Sendable {
  /// It doesn't: the hidden states carry their positions.
  case none
  /// The first `size` numbers of each query and key head are rotated.
  case rotary(RotaryEmbedding)
  /// Scaled products are raised by a multiple of the key's position.
  case linearBias(LinearBias)
}

extension Position {
  var rotaryEmbedding: RotaryEmbedding? {
    if case .rotary(let embedding) = self { embedding } else { nil }
  }

  var linearBias: LinearBias? {
    if case .linearBias(let bias) = self { bias } else { nil }
  }
}

/// A bias that grows with a key's position, at a slope of each head's own: a query sees the keys
/// before it fade linearly, since a softmax doesn't change when all of a row is raised.
/// ("Train Short, Test Long: Attention with Linear Biases", 2022.)
///
/// The bias stands here exactly as the reference implementation of a family computes it, because
/// the sum of a product and a large bias is rounded to the bias' precision.
struct LinearBias: Sendable, Hashable {
  /// One for each head.
  var slopes: [Float]
  /// Whether position 0 is the window's last key instead of its first.
  var countsFromEnd = false
  /// Whether slope, position and bias are each rounded to bf16.
  var roundsToBrainFloat = false
  /// What the bias is multiplied with.
  var scale: Float = 1
}

extension LinearBias {
  /// The longest window: nothing but memory limits it.
  static let contextLength = 1 << 28

  /// Slopes that fall geometrically from one head to the next, to 1/256 at the last.
  ///
  /// Where the number of heads is no power of two, the heads beyond the power below take every
  /// other slope of the next power.
  static func slopes(headCount: Int) -> [Float] {
    func powers(of count: Int) -> [Float] {
      let base = Float(pow(2, -8 / Double(count)))
      return (1...count).map { Float(pow(Double(base), Double($0))) }
    }
    let whole = 1 << (Int.bitWidth - 1 - headCount.leadingZeroBitCount)
    let between = powers(of: 2 * whole).enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
    return powers(of: whole) + between.prefix(headCount - whole)
  }

  /// The bias of each head and key, for windows of one length: `slopes.count * windowLength`.
  func table(windowLength: Int) -> [Float] {
    let first = countsFromEnd ? 1 - windowLength : 0
    return slopes.flatMap { slope in
      (first..<first + windowLength).map { position in
        roundsToBrainFloat
          ? Self.rounded(Self.rounded(slope) * Self.rounded(Float(position))) * scale
          : slope * Float(position) * scale
      }
    }
  }

  /// The nearest bf16, of two equally near the even one.
  private static func rounded(_ value: Float) -> Float {
    let bits = value.bitPattern
    return Float(bitPattern: (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF_0000)
  }
}
