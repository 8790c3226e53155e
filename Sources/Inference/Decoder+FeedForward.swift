// SPDX-License-Identifier: Apache-2.0

extension FeedForward {
  /// Numbers of scratch memory per row.
  var scratchWidth: Int {
    switch self {
    case .gated(let gate, let up, _, _): gate.outputSize + up.outputSize
    }
  }
}

extension Decoder {
  /// Adds a feed-forward part's result to the hidden states of `rows` rows.
  ///
  /// - Parameters:
  ///   - x: `rows * hiddenSize` normalized states.
  ///   - scratch: `rows * feedForward.scratchWidth`.
  func feedForward(
    _ feedForward: FeedForward, _ x: UnsafePointer<Float>, rows: Int,
    scratch: UnsafeMutablePointer<Float>, addingTo states: UnsafeMutablePointer<Float>
  ) {
    switch feedForward {
    case .gated(let gate, let up, let down, let activation):
      let inner = scratch
      let factor = scratch + rows * gate.outputSize
      project(gate, x, rows: rows, into: inner, stride: gate.outputSize)
      project(up, x, rows: rows, into: factor, stride: up.outputSize)
      switch activation {
      case .silu: math.siluMultiply(inner, factor, count: rows * gate.outputSize)
      }
      project(down, inner, rows: rows, into: states, stride: hiddenSize, adding: true)
    }
  }
}
