// SPDX-License-Identifier: Apache-2.0

extension WindowComparison: MeasuredWindow {
  package static let layout = "halftone verification windows, 1"

  package func problem(in run: MeasuredRun) -> String? {
    let positions = run.positionsPerWindow
    if !positions.contains(count) { return "count" }
    if !originalNLL.isMeasurable { return "originalNLL" }
    if !candidateNLL.isMeasurable { return "candidateNLL" }
    if !nllDifference.isMeasurable { return "nllDifference" }
    if divergences.count != count || !divergences.allSatisfy(\.isMeasurable) {
      return "divergences"
    }
    if !(0...count).contains(agreements) { return "agreements" }
    // Each change of a probability is at most 1, up to rounding.
    if !(squaredProbabilityChange >= 0 && squaredProbabilityChange <= 1.01 * Double(count)) {
      return "squaredProbabilityChange"
    }
    if layers.count > Self.layerLimit { return "layers" }
    if !layers.allSatisfy({ $0.signal >= 0 && $0.noise >= 0 && ($0.signal + $0.noise).isMeasurable }
    ) {
      return "layers"
    }
    guard let worst else { return nil }
    let isPossible =
      worst.window == index && (1..<run.context).contains(worst.position)
      && worst.context.count <= WorstPosition.contextCount && worst.divergence.isMeasurable
      && worst.originalNLL.isMeasurable && worst.candidateNLL.isMeasurable
    return isPossible ? nil : "worst"
  }

  /// More than any model has, so that the sums over layers stay small.
  private static let layerLimit = 10_001
}

extension Double {
  /// False for NaN, infinity, and numbers so large that squares and sums of them overflow; fp32 logits
  /// give none of these.
  var isMeasurable: Bool { magnitude < 1e100 }
}

/// Bytes that a measurement keeps of its windows, at most: the tokens of each, its result, and a sorted
/// copy of all divergences with what is made on the way there.
package func resultByteCount(windowCount: Int, windowLength: Int) -> Int {
  windowCount * windowLength * (4 * MemoryLayout<Int32>.stride + 5 * MemoryLayout<Double>.stride)
}
