// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Synchronization
import Testing

@testable import Inference

@Suite struct ConcurrencyTests {
  @Test(arguments: [(0, 2), (1, 4), (2, 2), (37, 3), (100, 1)])
  func `each index is done once, by a worker below the limit`(count: Int, threads: Int) {
    for _ in 0..<50 {
      let calls = Calls(count)
      concurrently(count, threads: threads) { index, worker in
        calls.add(index)
        #expect(worker >= 0 && worker < max(1, min(threads, count)))
      }
      #expect(calls.counts == Array(repeating: 1, count: count))
    }
  }

  @Test func `callers on several threads, and calls inside calls, all get their work done`() {
    let calls = Calls(4 * 8 * 8)
    DispatchQueue.concurrentPerform(iterations: 4) { caller in
      concurrently(8, threads: 2) { outer, _ in
        concurrently(8, threads: 2) { inner, worker in
          calls.add((caller * 8 + outer) * 8 + inner)
          #expect(worker < 2)
        }
      }
    }
    #expect(calls.counts.allSatisfy { $0 == 1 })
  }
}

/// How often each index was called.
private final class Calls: Sendable {
  private let all: Mutex<[Int]>

  init(_ count: Int) { all = Mutex(Array(repeating: 0, count: count)) }

  var counts: [Int] { all.withLock { $0 } }

  func add(_ index: Int) { all.withLock { $0[index] += 1 } }
}
