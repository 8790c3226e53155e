// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Counts of positive numbers in bins of equal width on a logarithmic axis.
package struct Histogram: Sendable, Equatable, Codable {
  /// How many bins a factor of ten is cut into.
  package static let binsPerDecade = 5

  /// The lower edge of the first bin, as a power: edge k is 10^((firstBin + k) / binsPerDecade).
  package var firstBin: Int
  /// Numbers per bin, edge k ≤ x < edge k + 1; empty where no number was above the floor.
  package var counts: [Int]
  /// Numbers below the floor, exact zeros included; they have no place on the axis.
  package var belowFloor: Int

  enum CodingKeys: String, CodingKey {
    case firstBin = "first_bin"
    case counts
    case belowFloor = "below_floor"
  }

  /// - Parameters:
  ///   - values: finite numbers.
  ///   - floor: the smallest number that gets a bin.
  init(_ values: [Double], floor: Double) {
    let bins = values.filter { $0 >= floor }.map {
      Int((log10($0) * Double(Self.binsPerDecade)).rounded(.down))
    }
    belowFloor = values.count - bins.count
    firstBin = bins.min() ?? 0
    counts = []
    guard let last = bins.max() else { return }
    counts = Array(repeating: 0, count: last - firstBin + 1)
    for bin in bins { counts[bin - firstBin] += 1 }
  }

  /// The lower edge of bin `index`; `counts.count` gives the upper edge of the last.
  package func edge(_ index: Int) -> Double {
    pow(10, Double(firstBin + index) / Double(Self.binsPerDecade))
  }
}
