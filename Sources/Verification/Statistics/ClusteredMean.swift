// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A mean over positions whose error treats each window as one cluster.
///
/// Positions of one window share their text, so they are not independent, and dividing by the root of
/// their number would promise too small an error. Windows are what is sampled: with sums S_w over n_w
/// positions, N = Σ n_w, W windows and m = Σ S_w / N, the standard error is
///
///     sqrt(W / (W − 1) · Σ (S_w − n_w m)²) / N,
///
/// the linearized ratio estimator. For windows of equal length it is the standard deviation of the
/// window means over √W. One window says nothing about the spread: the error is then nil.
struct ClusteredMean: Sendable, Equatable {
  /// Over all positions.
  var mean: Double
  /// In the unit of the mean; nil where there are fewer than two windows.
  var standardError: Double?

  /// - Parameter windows: per window the sum over its positions and their number; not all empty.
  init(_ windows: [(sum: Double, count: Int)]) {
    let count = Double(windows.reduce(0) { $0 + $1.count })
    let mean = windows.reduce(0) { $0 + $1.sum } / count
    self.mean = mean
    guard windows.count > 1 else { return }
    let spread = windows.reduce(0) { total, window in
      let deviation = window.sum - Double(window.count) * mean
      return total + deviation * deviation
    }
    let correction = Double(windows.count) / Double(windows.count - 1)
    standardError = (correction * spread).squareRoot() / count
  }
}
