// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation

/// Units of work on several threads, each with one step that is taken in the order of the units.
///
/// Workers take the units one after the other, and a worker has one unit at a time: so no more than
/// `threads` of them are in memory, and a unit may wait for earlier ones without a deadlock.
package final class OrderedWork: @unchecked Sendable {
  private let condition = NSCondition()
  private var next = 0
  private var turn = 0
  private var failure: (any Error)?
  private let onFailure: () -> Void

  /// - Parameter onFailure: called once at the first error, to wake whoever waits elsewhere.
  package init(onFailure: @escaping () -> Void = {}) { self.onFailure = onFailure }

  /// Runs `body` for the units 0 ..< `count`, and throws the first error after all workers stopped.
  ///
  /// - Parameter body: gets the unit and the worker, 0 ..< `threads`. It calls ``inTurn(_:_:)`` once.
  package func run(
    count: Int, threads: Int, _ body: (_ unit: Int, _ worker: Int) throws -> Void
  ) throws {
    withoutActuallyEscaping(body) { escapable in
      // Called from several threads, which is what this type is for; `run` returns after the last.
      nonisolated(unsafe) let body = escapable
      DispatchQueue.concurrentPerform(iterations: max(1, min(threads, count))) { worker in
        while let unit = take(below: count) {
          do {
            try body(unit, worker)
          } catch {
            fail(error)
            return
          }
        }
      }
    }
    if let failure { throw failure }
  }

  /// Does `step` when the steps of all earlier units are done, and no other at the same time.
  ///
  /// - Throws: `CancellationError` where another unit failed, or what `step` throws.
  package func inTurn<Result>(_ unit: Int, _ step: () throws -> Result) throws -> Result {
    try wait { turn == unit }
    let result = try step()
    condition.withLock {
      turn += 1
      condition.broadcast()
    }
    return result
  }

  /// Waits until `isTrue`, which is asked again after every ``signal(_:)`` and every step.
  ///
  /// - Throws: `CancellationError` where another unit failed.
  package func wait(until isTrue: () -> Bool) throws {
    try condition.withLock {
      while true {
        if failure != nil { throw CancellationError() }
        if isTrue() { return }
        condition.wait()
      }
    }
  }

  /// Changes what others may wait for.
  package func signal(_ change: () -> Void) {
    condition.withLock {
      change()
      condition.broadcast()
    }
  }

  private func take(below count: Int) -> Int? {
    condition.withLock {
      guard failure == nil, next < count else { return nil }
      defer { next += 1 }
      return next
    }
  }

  private func fail(_ error: any Error) {
    let isFirst = condition.withLock {
      defer { condition.broadcast() }
      guard failure == nil else { return false }
      failure = error
      return true
    }
    if isFirst { onFailure() }
  }
}
