// SPDX-License-Identifier: Apache-2.0

/// Quantiles of a finite sample, interpolated linearly between order statistics.
///
/// The quantile q of n sorted numbers stands at place q (n − 1), counted from 0 (Hyndman and Fan's
/// type 7, what NumPy and PyTorch give by default).
struct Percentiles: Sendable {
  private let sorted: [Double]

  /// - Complexity: O(n log n) comparisons for n values.
  init(_ values: [Double]) { sorted = values.sorted() }

  /// - Parameter fraction: 0 ... 1.
  /// - Returns: 0 for an empty sample.
  func callAsFunction(_ fraction: Double) -> Double {
    guard let last = sorted.last else { return 0 }
    let place = fraction * Double(sorted.count - 1)
    let below = Int(place)
    guard below + 1 < sorted.count else { return last }
    return sorted[below] + (place - Double(below)) * (sorted[below + 1] - sorted[below])
  }
}
