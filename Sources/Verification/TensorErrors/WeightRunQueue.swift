// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Quantization
import Synchronization

/// Hands runs to threads in order and gathers what they give.
struct WeightRunQueue: Sendable {
  typealias Buffers = (UnsafeMutableBufferPointer<Float>, UnsafeMutableBufferPointer<Float>)

  let runs: [WeightRun]
  let progress: WeightProgress

  /// Runs `body` for every run, and returns the results in the runs' order.
  ///
  /// - Parameter body: gets two buffers of ``WeightRun/weightCount`` numbers that are its own meanwhile.
  /// - Throws: the first error of `body` or `progress`; runs not yet begun are then left out.
  func run(
    threads: Int, _ body: @escaping @Sendable (WeightRun, Buffers) throws -> ErrorStatistics?
  ) throws -> [ErrorStatistics?] {
    let state = Mutex(State(results: Array(repeating: nil, count: runs.count)))
    let total = runs.reduce(0) { $0 + $1.weights.count }
    try progress(0, total)
    let largest = runs.lazy.map { min($0.weights.count, WeightRun.weightCount) }.max() ?? 0
    DispatchQueue.concurrentPerform(iterations: min(max(1, threads), max(1, runs.count))) { _ in
      let buffers: Buffers = (.allocate(capacity: largest), .allocate(capacity: largest))
      defer {
        buffers.0.deallocate()
        buffers.1.deallocate()
      }
      while let index = state.withLock({ $0.take(of: runs.count) }) {
        let result = Result { try body(runs[index], buffers) }
        state.withLock { state in
          state.done += runs[index].weights.count
          do {
            state.results[index] = try result.get()
            if state.error == nil { try progress(state.done, total) }
          } catch {
            state.error = state.error ?? error
          }
        }
      }
    }
    let outcome = state.withLock { $0 }
    if let error = outcome.error { throw error }
    return outcome.results
  }

  private struct State {
    var results: [ErrorStatistics?]
    var next = 0
    var done = 0
    var error: (any Error)?

    /// The next run's index, or nil where nothing is left or something failed.
    mutating func take(of count: Int) -> Int? {
      guard error == nil, next < count else { return nil }
      defer { next += 1 }
      return next
    }
  }
}
