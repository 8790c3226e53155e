// SPDX-License-Identifier: Apache-2.0

/// Calls `body` once for each index of `0 ..< count`, on up to `threads` threads, and returns when
/// all calls have.
///
/// Indices are handed out in ascending order as workers become free. `worker` is below
/// `min(threads, count)` and belongs to one thread at a time, so that scratch memory can be kept
/// per worker. A call while another one is under way, so also one from inside a body, is done by
/// the caller alone, for the threads are busy then.
func concurrently(
  _ count: Int, threads: Int, _ body: (_ index: Int, _ worker: Int) -> Void
) {
  let workers = min(threads, count)
  guard workers > 1, WorkerPool.shared.run(count, workers: workers, body) else {
    for index in 0..<count { body(index, 0) }
    return
  }
}
