// SPDX-License-Identifier: Apache-2.0

extension Experts {
  /// Numbers of scratch memory per row: the scores, what an expert reads and gives, and what is
  /// inside it.
  var scratchWidth: Int {
    let inside = (experts + (shared.map { [$0] } ?? [])).map(\.scratchWidth).max() ?? 0
    return 2 * experts.count + 2 * router.projection.inputSize + inside
  }
}

extension Decoder {
  /// Adds the results of the experts that the router chooses for each of `rows` rows.
  ///
  /// Rows are gathered expert by expert, so that each expert's weights are read once per tile and
  /// its products are those of matrices.
  /// - Parameters:
  ///   - x: `rows * hiddenSize` normalized states.
  ///   - scratch: `rows * experts.scratchWidth`.
  func addExperts(
    _ experts: Experts, _ x: UnsafePointer<Float>, rows: Int,
    scratch: UnsafeMutablePointer<Float>, to out: UnsafeMutablePointer<Float>
  ) {
    let scores = scratch
    let gathered = scratch + 2 * rows * experts.experts.count
    let results = gathered + rows * hiddenSize
    let inside = results + rows * hiddenSize

    let shares = route(experts.router, x, rows: rows, scores: scores)
    for (expert, shares) in zip(experts.experts, shares) where !shares.isEmpty {
      for (place, share) in shares.enumerated() {
        (gathered + place * hiddenSize).update(
          from: x + share.row * hiddenSize, count: hiddenSize)
      }
      feedForward(
        expert, gathered, rows: shares.count, scratch: inside, into: results, adding: false)
      for (place, share) in shares.enumerated() {
        math.add(
          results + place * hiddenSize, times: share.weight, to: out + share.row * hiddenSize,
          count: hiddenSize)
      }
    }
    guard let shared = experts.shared else { return }
    guard math.rounding != .none else {
      return feedForward(shared, x, rows: rows, scratch: inside, into: out, adding: true)
    }
    feedForward(shared, x, rows: rows, scratch: inside, into: results, adding: false)
    math.add(results, to: out, rows: 1, count: rows * hiddenSize, stride: rows * hiddenSize)
  }

  /// Which rows use each expert, and with what weight; a row uses an expert at most once.
  ///
  /// Scores are fp32 whatever activations are rounded to.
  /// - Parameter scores: scratch for two numbers per row and expert.
  private func route(
    _ router: Router, _ x: UnsafePointer<Float>, rows: Int,
    scores: UnsafeMutablePointer<Float>
  ) -> [[ExpertShare]] {
    let count = router.projection.outputSize
    project(router.projection, x, rows: rows, into: scores, stride: count)
    let choices = scores + rows * count
    let math = math.unrounded
    var shares: [[ExpertShare]] = Array(repeating: [], count: count)
    for row in 0..<rows {
      let scores = scores + row * count
      switch router.scores {
      case .softmax: math.softmax(scores, count: count, scale: 1)
      case .sigmoid: math.sigmoid(scores, count: count)
      }
      let choice = choices + row * count
      choice.update(from: scores, count: count)
      if let correction = router.correction {
        math.add(weights[correction], to: choice, rows: 1, count: count, stride: 0)
      }
      if let groups = router.groups { math.keepBestGroups(groups, of: choice, count: count) }
      let chosen = math.places(ofLargest: router.chosenCount, of: choice, count: count)
      // The tiny term keeps scores that have all vanished from becoming NaN.
      let sum = router.normalizes ? chosen.reduce(1e-20) { $0 + scores[$1] } : 1
      for expert in chosen {
        let weight = scores[expert] / sum * router.scale
        shares[expert].append(
          ExpertShare(
            row: row, weight: router.roundsWeights ? self.math.rounding.rounded(weight) : weight))
      }
    }
    return shares
  }
}

/// That a row uses an expert.
private struct ExpertShare {
  var row: Int
  var weight: Float
}

extension VectorMath {
  /// The places of the `amount` largest of `count` numbers, largest first, of equals the first; the
  /// numbers there become -infinity.
  ///
  /// NaN comes last, so that a row of NaN chooses experts like any other and stays NaN.
  fileprivate func places(
    ofLargest amount: Int, of x: UnsafeMutablePointer<Float>, count: Int
  ) -> [Int] {
    var places: [Int] = []
    for _ in 0..<amount {
      var place = largest(x, count: count)
      if places.contains(place) {
        place = (0..<count).first { !places.contains($0) } ?? place
      }
      places.append(place)
      x[place] = -.infinity
    }
    return places
  }

  /// Makes the scores of all experts outside the best groups -infinity.
  fileprivate func keepBestGroups(
    _ groups: ExpertGroups, of scores: UnsafeMutablePointer<Float>, count: Int
  ) {
    let size = count / groups.count
    var sums = (0..<groups.count).map { group in
      let start = scores + group * size
      let first = largest(start, count: size)
      let best = start[first]
      start[first] = -.infinity
      let second = start[largest(start, count: size)]
      start[first] = best
      return best + second
    }
    let kept = places(ofLargest: groups.kept, of: &sums, count: groups.count)
    for group in 0..<groups.count where !kept.contains(group) {
      (scores + group * size).update(repeating: -.infinity, count: size)
    }
  }
}
