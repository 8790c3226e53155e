// SPDX-License-Identifier: Apache-2.0

/// How one head's products of a query and the keys that it sees become their weights.
struct ScoreWeighing {
  /// What products are multiplied with; 1 where that was done to the query.
  let scale: Float
  let softCap: Float?
  /// The head's bias for each position of a key.
  let biases: UnsafePointer<Float>?
  let sink: Float
  let steps: ScoreRounding

  init(_ attention: Attention, biases: UnsafePointer<Float>?, sink: Float) {
    scale = attention.scale
    softCap = attention.softCap
    self.biases = biases
    self.sink = sink
    steps = attention.rounding
  }

  func apply(
    to products: UnsafeMutablePointer<Float>, keys: ClosedRange<Int>, with math: VectorMath
  ) {
    let count = keys.count
    guard math.rounding == .none else { return applyInSteps(to: products, keys: keys, with: math) }
    var scale = scale
    if let softCap {
      math.softCap(products, count: count, scale: scale, cap: softCap)
      scale = 1
    }
    if let biases {
      math.scale(products, by: scale, adding: biases + keys.lowerBound, count: count)
      scale = 1
    }
    math.softmax(products, count: count, scale: scale, sink: sink)
  }

  /// The same with rounding after those steps that `steps` names.
  private func applyInSteps(
    to products: UnsafeMutablePointer<Float>, keys: ClosedRange<Int>, with math: VectorMath
  ) {
    let count = keys.count
    func arithmetic(of step: ScoreRounding) -> VectorMath {
      steps.contains(step) ? math : math.unrounded
    }
    if steps.contains(.product) { math.rounding.round(products, count: count) }
    if !steps.contains(.query) {
      arithmetic(of: .scaled).scale(products, by: scale, count: count)
    }
    if let softCap { math.softCap(products, count: count, scale: 1, cap: softCap) }
    if let biases {
      arithmetic(of: .biased).scale(
        products, by: 1, adding: biases + keys.lowerBound, count: count)
    }
    var sink = sink
    if sink > -.infinity {
      // With a sink the largest logit is taken away, and the rest rounded, before the softmax.
      let largest = max(sink, products[math.largest(products, count: count)])
      math.scale(products, by: 1, adding: -largest, count: count)
      sink = math.rounding.rounded(sink - largest)
    }
    math.softmax(products, count: count, scale: 1, sink: sink)
  }
}
