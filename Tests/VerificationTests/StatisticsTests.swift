// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Verification

@Suite struct StatisticsTests {
  /// A handful of double operations on numbers near 1.
  let rounding = 1e-12

  @Test func `equal windows give the deviation of their means over the root of their number`() {
    // Window means 1, 2, 6: mean 3, sample variance (4 + 1 + 9) / 2 = 7.
    let result = ClusteredMean([(sum: 2, count: 2), (sum: 4, count: 2), (sum: 12, count: 2)])
    #expect(result.mean == 3)
    #expect(abs(result.standardError! - (7.0 / 3).squareRoot()) < rounding)
  }

  @Test func `unequal windows weigh by their length`() {
    // Mean 12 / 4 = 3; deviations 4 − 3·1 = 1 and 8 − 3·3 = −1; √(2/1 · 2) / 4 = ½.
    let result = ClusteredMean([(sum: 4, count: 1), (sum: 8, count: 3)])
    #expect(result.mean == 3)
    #expect(abs(result.standardError! - 0.5) < rounding)
  }

  @Test func `copies inside a window make the clustered error larger than the naive one`() {
    // Windows that repeat one value k times hold one observation each, not k.
    let values = [1.0, 4, 2, 7]
    let clustered = ClusteredMean(values.map { (sum: 10 * $0, count: 10) })
    let naive = ClusteredMean(values.flatMap { value in (0..<10).map { _ in (value, 1) } })
    #expect(clustered.mean == naive.mean)
    // Naive: √(10·S / 39·40) with S the squared deviations; clustered: √(S / 3·4).
    let expected = (39.0 * 40 / 10 / 12).squareRoot()
    #expect(abs(clustered.standardError! / naive.standardError! - expected) < rounding)
  }

  @Test func `one window has a mean and no error`() {
    #expect(ClusteredMean([(sum: 6, count: 3)]) == ClusteredMean([(sum: 6, count: 3)]))
    #expect(ClusteredMean([(sum: 6, count: 3)]).mean == 2)
    #expect(ClusteredMean([(sum: 6, count: 3)]).standardError == nil)
  }

  @Test func `quantiles interpolate between order statistics`() {
    let quantile = Percentiles([40, 10, 30, 20])
    #expect(quantile(0) == 10)
    #expect(quantile(0.5) == 25)
    #expect(abs(quantile(0.9) - 37) < rounding)
    #expect(quantile(1) == 40)
    #expect(Percentiles([7])(0.99) == 7)
  }

  @Test func `a histogram counts every number once`() {
    let histogram = Histogram([0, 1e-10, 0.001, 0.01, 0.011, 1], floor: 1e-9)
    #expect(histogram.belowFloor == 2)
    #expect(histogram.counts.reduce(0, +) == 4)
    #expect(histogram.counts[0] == 1)
    #expect(histogram.counts.last == 1)
    #expect(histogram.edge(0) <= 0.001)
    #expect(histogram.edge(histogram.counts.count) > 1)
    #expect(Histogram([0, 0], floor: 1e-9).counts.isEmpty)
  }
}
