// SPDX-License-Identifier: Apache-2.0

/// Some of a stored projection's outputs: runs, and the same runs again at a fixed distance.
///
/// Where each head stores its query, key and value of `d` outputs one after the other, the keys of
/// `n` heads are the run `d ..< 2 * d`, repeated `n` times, `3 * d` apart.
struct OutputSelection: Sendable, Hashable {
  /// `count` outputs from `start` on, each `step` after the one before it.
  struct Run: Sendable, Hashable {
    var start: Int
    var count: Int
    var step = 1
  }

  var runs: [Run]
  var repetitions = 1
  /// From a run to its repetition.
  var distance = 0

  /// How many outputs are taken.
  var count: Int { repetitions * runs.reduce(0) { $0 + $1.count } }

  /// `count` neighbours from `start` on, repeated.
  static func run(
    from start: Int, count: Int, repetitions: Int = 1, distance: Int = 0
  ) -> OutputSelection {
    OutputSelection(
      runs: [Run(start: start, count: count)], repetitions: repetitions, distance: distance)
  }

  /// The stored output that is taken at a place of `0 ..< count`.
  subscript(_ place: Int) -> Int {
    var (repetition, rest) = place.quotientAndRemainder(dividingBy: count / repetitions)
    repetition *= distance
    for run in runs {
      if rest < run.count { return repetition + run.start + rest * run.step }
      rest -= run.count
    }
    preconditionFailure("place \(place) is not among the \(count) that are taken")
  }
}
