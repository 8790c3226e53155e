// SPDX-License-Identifier: Apache-2.0

import Conversion
import Foundation
import TestSupport
import Testing

@Suite struct OrderedWorkTests {
  private struct Failure: Error, Equatable { var unit: Int }

  /// What the units of one run noted; its own lock, so that a test relies on nothing that it tests.
  private final class Notes: @unchecked Sendable {
    private let lock = NSLock()
    private var list: [Int] = []
    func add(_ unit: Int) { lock.withLock { list.append(unit) } }
    var all: [Int] { lock.withLock { list } }
  }

  @Test(arguments: [1, 2, 3, 16])
  func `steps are taken in the order of the units`(threads: Int) throws {
    for count in [0, 1, 2, 50] {
      let notes = Notes()
      let work = OrderedWork()
      try work.run(count: count, threads: threads) { unit, worker in
        #expect((0..<threads).contains(worker))
        if unit % 7 == 0 { usleep(200) }
        try work.inTurn(unit) { notes.add(unit) }
      }
      #expect(notes.all == Array(0..<count))
    }
  }

  @Test func `no more units are begun than there are threads for them`() throws {
    let lock = NSLock()
    nonisolated(unsafe) var (running, most) = (0, 0)
    let work = OrderedWork()
    try work.run(count: 40, threads: 3) { unit, _ in
      lock.withLock {
        running += 1
        most = max(most, running)
      }
      try work.inTurn(unit) { _ = usleep(100) }
      lock.withLock { running -= 1 }
    }
    #expect(most <= 3)
  }

  @Test func `a failure ends all units that wait, and is the one that is thrown`() throws {
    let seed: UInt64 = 77
    var generator = SeededGenerator(seed: seed)
    for trial in 0..<300 {
      let count = Int.random(in: 1...30, using: &generator)
      let bad = Int.random(in: 0..<count, using: &generator)
      let isInTurn = Bool.random(using: &generator)
      let delay = UInt32.random(in: 0..<100, using: &generator)
      let threads = Int.random(in: 1...8, using: &generator)
      let notes = Notes()
      let wakes = Notes()
      let work = OrderedWork { wakes.add(0) }
      #expect(throws: Failure(unit: bad), "seed \(seed), trial \(trial)") {
        try work.run(count: count, threads: threads) { unit, _ in
          if unit == bad {
            usleep(delay)
            if isInTurn { try work.inTurn(unit) { throw Failure(unit: unit) } }
            throw Failure(unit: unit)
          }
          try work.inTurn(unit) { notes.add(unit) }
        }
      }
      // Units before the bad one that had not their turn yet may be cut off; none after it has one.
      #expect(notes.all == Array(0..<notes.all.count) && notes.all.count <= bad)
      #expect(wakes.all.count == 1)
    }
  }

  @Test func `of several failures the first is thrown`() throws {
    for _ in 0..<50 {
      let work = OrderedWork()
      #expect(throws: Failure(unit: 0)) {
        try work.run(count: 6, threads: 6) { unit, _ in
          if unit == 0 {
            usleep(100)
            throw Failure(unit: unit)
          }
          // All others fail too, but only once they hear that unit 0 has.
          do { try work.inTurn(unit) {} } catch { throw Failure(unit: unit) }
        }
      }
    }
  }

  @Test func `who waits for a signal of an earlier unit wakes when it comes`() throws {
    nonisolated(unsafe) var isReady = false
    let work = OrderedWork()
    let notes = Notes()
    try work.run(count: 2, threads: 2) { unit, _ in
      if unit == 0 {
        usleep(500)
        work.signal { isReady = true }
      } else {
        try work.wait { isReady }
        notes.add(1)
      }
    }
    #expect(notes.all == [1])
  }
}
