// SPDX-License-Identifier: Apache-2.0

/// KL(original ‖ candidate) over the scored positions, in nats.
package struct Divergence: Sendable, Equatable {
  /// Numbers below this share one bin of the histogram: far under the effect of a cast from bf16 to
  /// fp16 (2.5e-5) and at the edge of what fp32 logits resolve.
  static let histogramFloor = 1e-9

  package var mean: Double
  /// Of the mean, windows being clusters; nil (JSON `null`) where there is only one window.
  package var standardError: Double?
  package var median: Double
  package var p90: Double
  package var p99: Double
  package var p999: Double
  package var maximum: Double
  /// Where the maximum is.
  package var worst: WorstPosition?
  package var histogram: Histogram

  /// - Parameter windows: at least one.
  init(_ windows: [WindowComparison]) {
    let sums = windows.map { ($0.divergences.reduce(0, +), $0.count) }
    let clustered = ClusteredMean(sums)
    mean = clustered.mean
    standardError = clustered.standardError
    let all = windows.flatMap(\.divergences)
    let quantile = Percentiles(all)
    median = quantile(0.5)
    p90 = quantile(0.9)
    p99 = quantile(0.99)
    p999 = quantile(0.999)
    maximum = quantile(1)
    worst = windows.compactMap(\.worst).reduce(nil) { best, next in
      next.divergence > best?.divergence ?? -1 ? next : best
    }
    histogram = Histogram(all, floor: Self.histogramFloor)
  }
}

extension Divergence: Codable {
  enum CodingKeys: String, CodingKey {
    case mean, median, p90, p99, worst, histogram
    case standardError = "standard_error"
    case p999 = "p99_9"
    case maximum = "max"
  }

  package func encode(to encoder: any Encoder) throws {
    var keys = encoder.container(keyedBy: CodingKeys.self)
    try keys.encode(mean, forKey: .mean)
    try keys.encode(standardError, forKey: .standardError)
    try keys.encode(median, forKey: .median)
    try keys.encode(p90, forKey: .p90)
    try keys.encode(p99, forKey: .p99)
    try keys.encode(p999, forKey: .p999)
    try keys.encode(maximum, forKey: .maximum)
    try keys.encode(worst, forKey: .worst)
    try keys.encode(histogram, forKey: .histogram)
  }
}
