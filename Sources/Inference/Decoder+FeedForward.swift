// SPDX-License-Identifier: Apache-2.0

extension FeedForward {
  /// Numbers of scratch memory per row.
  var scratchWidth: Int {
    switch self {
    case .gated(let gate, let up, _, _): gate.outputSize + up.outputSize
    case .plain(let up, _, _): up.outputSize
    case .sparse(let experts): experts.scratchWidth
    }
  }
}

extension Decoder {
  /// Computes a feed-forward part for `rows` rows.
  ///
  /// - Parameters:
  ///   - x: `rows * hiddenSize` normalized states.
  ///   - scratch: `rows * feedForward.scratchWidth`.
  ///   - out: `rows * hiddenSize`, to which the result is added or written.
  func feedForward(
    _ feedForward: FeedForward, _ x: UnsafePointer<Float>, rows: Int,
    scratch: UnsafeMutablePointer<Float>, into out: UnsafeMutablePointer<Float>, adding: Bool
  ) {
    switch feedForward {
    case .gated(let gate, let up, let down, let gating):
      let inner = scratch
      let factor = scratch + rows * gate.outputSize
      project(gate, x, rows: rows, into: inner, stride: gate.outputSize)
      project(up, x, rows: rows, into: factor, stride: up.outputSize)
      math.combine(gating, inner, factor, count: rows * gate.outputSize)
      project(down, inner, rows: rows, into: out, stride: hiddenSize, adding: adding)
    case .plain(let up, let down, let activation):
      project(up, x, rows: rows, into: scratch, stride: up.outputSize)
      math.activate(activation, scratch, count: rows * up.outputSize)
      project(down, scratch, rows: rows, into: out, stride: hiddenSize, adding: adding)
    case .sparse(let experts):
      if !adding { out.update(repeating: 0, count: rows * hiddenSize) }
      addExperts(experts, x, rows: rows, scratch: scratch, to: out)
    }
  }
}
