// SPDX-License-Identifier: Apache-2.0

import CKernels
import Foundation
import Synchronization

/// Threads that share the work of one caller at a time.
///
/// A token is some hundred products of a fraction of a millisecond, and to wake a thread that sleeps takes
/// a good part of that. So a worker waits awake for a moment before it sleeps; and the caller does
/// all that nobody has come for, so that it never waits for a thread that has yet to wake.
final class WorkerPool: @unchecked Sendable {
  static let shared = WorkerPool()

  /// How often a worker looks for work before it sleeps: about a tenth of a millisecond.
  private static let patience = 4000

  private typealias Body = (_ index: Int, _ worker: Int) -> Void

  /// Whether a caller has the pool. What is not atomic below is the caller's, and may be read
  /// between entering a job and leaving it.
  private let isTaken = Atomic(false)
  private var body: Body?
  private var count = 0
  private var workerLimit = 0

  /// Two for each worker that has entered the job, and one while it is open to more.
  private let entrance = Atomic(0)
  private let nextIndex = Atomic(0)
  private let nextWorker = Atomic(0)

  /// Rises with every job.
  private let jobNumber = Atomic(0)
  private let sleeperCount = Atomic(0)
  private let bell = NSCondition()
  private var threadCount = 0

  /// Does the work of a call of `concurrently`, or returns false where the pool has a caller.
  ///
  /// - Parameter workers: how many threads may take part, at least 2.
  func run(_ count: Int, workers: Int, _ body: (_ index: Int, _ worker: Int) -> Void) -> Bool {
    guard isTaken.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
    else { return false }
    defer { isTaken.store(false, ordering: .releasing) }
    withoutActuallyEscaping(body) { body in
      self.body = body
      self.count = count
      workerLimit = workers
      nextIndex.store(0, ordering: .relaxed)
      nextWorker.store(1, ordering: .relaxed)
      entrance.store(1, ordering: .releasing)
      call(workers - 1)
      work(as: 0)
      close()
      self.body = nil
    }
    return true
  }

  /// Announces a job, and wakes those that sleep.
  private func call(_ needed: Int) {
    while threadCount < needed {
      threadCount += 1
      Thread.detachNewThread { self.serve() }
    }
    jobNumber.add(1, ordering: .sequentiallyConsistent)
    guard sleeperCount.load(ordering: .sequentiallyConsistent) > 0 else { return }
    bell.lock()
    bell.broadcast()
    bell.unlock()
  }

  private func work(as worker: Int) {
    guard let body else { return }
    while true {
      let index = nextIndex.add(1, ordering: .relaxed).oldValue
      guard index < count else { return }
      body(index, worker)
    }
  }

  /// Lets nobody in any more, and returns when all have left.
  private func close() {
    entrance.subtract(1, ordering: .acquiringAndReleasing)
    var rounds = 0
    while entrance.load(ordering: .acquiring) != 0 {
      rounds += 1
      // Who has been waiting for long may be keeping the processor from the one it waits for.
      if rounds % Self.patience == 0 { sched_yield() } else { halftone_pause() }
    }
  }

  // MARK: - A worker's life

  private func serve() {
    var lastJob = 0
    while true {
      lastJob = nextJob(after: lastJob)
      guard enter() else { continue }
      let worker = nextWorker.add(1, ordering: .relaxed).oldValue
      if worker < workerLimit { work(as: worker) }
      entrance.subtract(2, ordering: .releasing)
    }
  }

  /// Waits until there is a job that is not `job`.
  private func nextJob(after job: Int) -> Int {
    for _ in 0..<Self.patience {
      let number = jobNumber.load(ordering: .acquiring)
      if number != job { return number }
      halftone_pause()
    }
    bell.lock()
    defer { bell.unlock() }
    // Counted before the number is read for the last time: a caller that sees no sleeper has raised
    // the number before.
    sleeperCount.add(1, ordering: .sequentiallyConsistent)
    defer { sleeperCount.subtract(1, ordering: .relaxed) }
    while true {
      let number = jobNumber.load(ordering: .sequentiallyConsistent)
      if number != job { return number }
      bell.wait()
    }
  }

  /// Enters the job if it is open.
  private func enter() -> Bool {
    var state = entrance.load(ordering: .relaxed)
    while state % 2 == 1 {
      let (isEntered, found) = entrance.weakCompareExchange(
        expected: state, desired: state + 2, ordering: .acquiring)
      if isEntered { return true }
      state = found
    }
    return false
  }
}
