// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Chooses one sequence's tokens.
///
/// The order of the steps is that of Transformers: repetition penalty, temperature, the most likely
/// `topK`, of those the fewest that reach `topP`. What remains is drawn by inverting the cumulative
/// distribution, in double, at one number of the sequence's own ``RandomStream`` per token.
struct Sampler {
  private let options: SamplingOptions
  private var random: RandomStream
  private var seen: Set<Int32> = []

  init(_ options: SamplingOptions, prompt: [Int32]) {
    self.options = options
    random = RandomStream(seed: options.seed)
    if options.repetitionPenalty != 1 { seen = Set(prompt) }
  }

  /// The next token.
  ///
  /// - Parameter logits: finite; changed where a penalty says so.
  mutating func choose(from logits: UnsafeMutableBufferPointer<Float>, with math: VectorMath)
    -> Int32
  {
    for id in seen where logits.indices.contains(Int(id)) {
      let penalty = Float(options.repetitionPenalty)
      logits[Int(id)] = logits[Int(id)] < 0 ? logits[Int(id)] * penalty : logits[Int(id)] / penalty
    }
    let choice =
      options.temperature == 0 ? largest(logits, with: math) : drawn(from: logits, with: math)
    if options.repetitionPenalty != 1 { seen.insert(choice) }
    return choice
  }

  private func largest(_ logits: UnsafeMutableBufferPointer<Float>, with math: VectorMath) -> Int32
  {
    guard let start = logits.baseAddress else { return 0 }
    return Int32(math.largest(start, count: logits.count))
  }

  private mutating func drawn(
    from logits: UnsafeMutableBufferPointer<Float>, with math: VectorMath
  ) -> Int32 {
    let best = Double(logits[Int(largest(logits, with: math))])
    func weight(_ id: Int) -> Double { exp((Double(logits[id]) - best) / options.temperature) }
    var candidates: [(id: Int, weight: Double)]
    if options.topK == nil && options.topP == 1 {
      candidates = logits.indices.map { ($0, weight($0)) }
    } else {
      candidates = mostLikely(logits, weight)
    }
    let total = candidates.reduce(0) { $0 + $1.weight }
    var rest = random.uniform() * total
    for candidate in candidates {
      rest -= candidate.weight
      if rest < 0 { return Int32(candidate.id) }
    }
    // Rounding may leave a little at the end, which belongs to the last that has a weight.
    return Int32((candidates.last { $0.weight > 0 } ?? candidates[0]).id)
  }

  /// What `topK` and `topP` leave, the most likely first, of equals the lower id first.
  private func mostLikely(
    _ logits: UnsafeMutableBufferPointer<Float>, _ weight: (Int) -> Double
  ) -> [(id: Int, weight: Double)] {
    let order = TokenOrder(logits)
    let kept = options.topK.map { min($0, logits.count) } ?? logits.count
    guard options.topP < 1 else { return order.first(kept).map { ($0, weight($0)) } }
    // Few tokens reach `topP` as a rule, so only as many are put in order as it takes.
    let all = options.topK == nil ? logits.indices.reduce(0) { $0 + weight($1) } : nil
    var count = min(kept, 256)
    while true {
      let ids = order.first(count)
      let weights = ids.map(weight)
      if let total = all ?? (count == kept ? weights.reduce(0, +) : nil) {
        var sum = 0.0
        for (place, weight) in weights.enumerated() {
          sum += weight
          if sum >= options.topP * total {
            return zip(ids, weights).prefix(place + 1).map { ($0, $1) }
          }
        }
        if count == kept { return zip(ids, weights).map { ($0, $1) } }
      }
      count = all == nil ? kept : min(kept, count * 16)
    }
  }
}

/// Tokens by their logits, the largest first, of equals the lower id first.
private struct TokenOrder {
  private let logits: UnsafeMutableBufferPointer<Float>

  init(_ logits: UnsafeMutableBufferPointer<Float>) { self.logits = logits }

  /// The first `count` ids.
  ///
  /// - Complexity: a pass over all logits, and sorting about `count` of them.
  func first(_ count: Int) -> [Int] {
    func precedes(_ a: Int, _ b: Int) -> Bool {
      logits[a] != logits[b] ? logits[a] > logits[b] : a < b
    }
    guard count < logits.count else { return logits.indices.sorted(by: precedes) }
    // A bound that at least `count` logits reach: the least of the largest of so many groups.
    let size = max(1, logits.count / count)
    var bound = Float.infinity
    for group in 0..<count {
      let start = group * size
      bound = min(bound, logits[start..<start + size].max() ?? -.infinity)
    }
    let ids = logits.indices.filter { logits[$0] >= bound }
    return Array(ids.sorted(by: precedes).prefix(count))
  }
}
