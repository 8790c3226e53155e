// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Synchronization

/// Calls `body` once for each index of `0 ..< count`, on up to `threads` threads, and returns when
/// all calls have.
///
/// Indices are handed out in ascending order as workers become free. `worker` is below
/// `min(threads, count)` and belongs to one thread at a time, so that scratch memory can be kept
/// per worker. A call from inside a body that has company is done by the caller alone, for all threads
/// are busy then.
func concurrently(
  _ count: Int, threads: Int, _ body: (_ index: Int, _ worker: Int) -> Void
) {
  let workers = Company.isHere ? 1 : min(threads, count)
  guard workers > 1 else {
    for index in 0..<count { body(index, 0) }
    return
  }
  let next = Atomic<Int>(0)
  // Bodies write through pointers, each call to its own part of a buffer, which the compiler can't
  // see; and none outlives this function, since `concurrentPerform` waits for all.
  withoutActuallyEscaping(body) { escaping in
    nonisolated(unsafe) let shared = escaping
    DispatchQueue.concurrentPerform(iterations: workers) { worker in
      Company.$isHere.withValue(true) {
        while true {
          let index = next.add(1, ordering: .relaxed).oldValue
          guard index < count else { return }
          shared(index, worker)
        }
      }
    }
  }
}

/// Whether the caller is one of several workers.
private enum Company {
  @TaskLocal static var isHere = false
}
