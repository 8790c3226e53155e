// SPDX-License-Identifier: Apache-2.0

import Dispatch

/// Calls `body` for 0 ..< count, at most `threads` at a time, and returns the results in order.
///
/// Each call must be independent of the others; then nothing depends on `threads`.
func mapRows<Result>(
  _ count: Int, threads: Int, _ body: @Sendable (Int) -> Result
) -> [Result] {
  guard count > 0 else { return [] }
  let strips = min(max(1, threads), count)
  return [Result](unsafeUninitializedCapacity: count) { buffer, initialized in
    // Each strip writes its own range of the buffer, and concurrentPerform returns after the last.
    nonisolated(unsafe) let slots = buffer
    DispatchQueue.concurrentPerform(iterations: strips) { strip in
      for index in count * strip / strips..<count * (strip + 1) / strips {
        (slots.baseAddress! + index).initialize(to: body(index))
      }
    }
    initialized = count
  }
}

/// A pointer that is only read while several threads hold it.
struct SharedFloats: @unchecked Sendable {
  let buffer: UnsafeBufferPointer<Float>

  init(_ buffer: UnsafeBufferPointer<Float>) { self.buffer = buffer }

  /// Row `index` of rows of `width` numbers.
  func row(_ index: Int, width: Int) -> UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(rebasing: buffer[index * width..<(index + 1) * width])
  }
}
