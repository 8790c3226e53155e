// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Buffers for slabs that are read when they are used; as many as threads use at once, and kept.
final class SlabPool: Sendable {
  private let free = Mutex<[FloatBuffer]>([])

  /// Calls `body` with room for `count` weights, which is its own meanwhile.
  func withBuffer(of count: Int, _ body: (UnsafeMutablePointer<Float>) throws -> Void) rethrows {
    // The largest is last, so that the others are replaced first.
    let kept = free.withLock { $0.popLast() }
    let buffer = kept.flatMap { $0.count >= count ? $0 : nil } ?? FloatBuffer(count: count)
    defer {
      free.withLock { free in
        let place = free.firstIndex { $0.count > buffer.count } ?? free.endIndex
        free.insert(buffer, at: place)
      }
    }
    try body(buffer.base)
  }
}
