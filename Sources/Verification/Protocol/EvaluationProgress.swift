// SPDX-License-Identifier: Apache-2.0

/// Counts windows for ``WindowProgress``, those of an evaluation that is under way by its layers.
struct EvaluationProgress {
  /// The windows that are not finished, in order.
  let remaining: [Window]
  private let total: Int
  private let progress: WindowProgress
  private var done: Int
  private var shown = -1
  private var current = (windows: 0, step: 0, steps: 1)

  /// - Parameter finished: places of windows that are finished already.
  init(_ windows: [Window], _ finished: [Int], _ progress: @escaping WindowProgress) {
    let finished = Set(finished)
    remaining = windows.filter { !finished.contains($0.index) }
    total = windows.count
    done = windows.count - remaining.count
    self.progress = progress
  }

  /// An evaluation begins, which takes so many steps.
  mutating func begin(_ windows: Int, steps: Int) { current = (windows, 0, max(1, steps)) }

  /// The next step is done.
  mutating func advance() throws {
    current.step += 1
    try show()
  }

  /// The evaluation is finished.
  mutating func end() throws {
    done += current.windows
    current = (0, 0, 1)
    try show()
  }

  /// Tells how much is done, if that has changed.
  mutating func show() throws {
    let count = done + current.windows * current.step / current.steps
    guard count != shown else { return }
    shown = count
    try progress(count, total)
  }
}
