// SPDX-License-Identifier: Apache-2.0

import Foundation

@testable import Verification

/// A verification of two fake models that can be done at once or in parts.
struct DividedRun {
  let original = FakeModel()
  let candidate: FakeModel
  let tokens = fakeText(170)
  let options = PerplexityOptions(context: 16, threads: 2)
  let windows: [Window]
  let run: MeasuredRun

  init() throws {
    var candidate = original
    candidate.disturbance = 0.1
    self.candidate = candidate
    windows = try options.windows(of: tokens, modelContext: 64)
    var source = MemorySource("original")
    source.add("x.weight", [2, 3], [1, 2, 3, 4, 5, 6])
    var other = MemorySource("candidate.tone")
    other.add("x.weight", [2, 3], [1, 2, 3, 4, 5, 7])
    run = MeasuredRun(
      tool: "halftone test", model: try ModelIdentity(source), candidate: try ModelIdentity(other),
      text: TextIdentity(path: "text.txt", tokens: tokens, beginningOfText: nil), options: options,
      windowCount: windows.count)
  }

  func compare(
    _ windows: [Window], after finished: FinishedWindows<WindowComparison> = FinishedWindows(),
    keep: WindowKeeping<WindowComparison> = { _ in },
    progress: @escaping WindowProgress = { _, _ in }
  ) throws -> FinishedWindows<WindowComparison> {
    try compareWindows(
      windows, original: original, candidate: candidate, options: options, after: finished,
      keep: keep, progress: progress)
  }

  /// The undivided verification; seconds are 0.
  func whole(limits: LimitSet = LimitSet()) throws -> Verification {
    Verification(
      try compare(windows).windows, seconds: (0, 0),
      options: VerificationOptions(perplexity: options, limits: limits))
  }

  /// One part as it is printed, its seconds set to `seconds` for the original and twice that for the
  /// candidate.
  func part(
    _ index: Int, of count: Int, seconds: Double = 0, limits: LimitSet = LimitSet()
  ) throws -> String {
    let part = WindowPart(index: index, count: count)
    var record = WindowRecord<WindowComparison>(run: run, part: part)
    record.add(try compare(part.select(from: windows)))
    record.seconds = [seconds, 2 * seconds]
    return try jsonText(
      VerificationPart(record, limits: limits) { "<\($0.map(String.init).joined(separator: ","))>" }
    )
  }
}
