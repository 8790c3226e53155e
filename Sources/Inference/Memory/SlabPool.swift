// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Buffers for slabs that are read when they are used; as many as threads use at once, and kept.
final class SlabPool: Sendable {
  private let weightCount: Int
  private let free = Mutex<[FloatBuffer]>([])

  /// - Parameter weightCount: what the largest slab has, so that every buffer fits every slab.
  init(weightCount: Int) { self.weightCount = weightCount }

  /// Calls `body` with room for `count` weights, which is its own meanwhile.
  func withBuffer(
    of count: Int, _ body: (UnsafeMutablePointer<Float>) throws -> Void
  ) rethrows {
    guard count <= weightCount else {
      let buffer = FloatBuffer(count: count)
      return try withExtendedLifetime(buffer) { try body(buffer.base) }
    }
    let buffer = free.withLock { $0.popLast() } ?? FloatBuffer(count: weightCount)
    defer { free.withLock { $0.append(buffer) } }
    try body(buffer.base)
  }
}
