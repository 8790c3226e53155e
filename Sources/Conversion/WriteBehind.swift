// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantization

/// Writes placed frames, one thread at a time.
///
/// A file system lets only one thread at a time write to a file and keeps the others waiting. So a
/// thread that finds another one writing leaves its frames to it and goes on encoding; only when too
/// many slabs lie about does it wait.
final class WriteBehind<Sink: TensorSink>: @unchecked Sendable {
  private typealias Slab = (frames: [Sink.Frame], buffers: SlabBuffers<Sink>)

  private let sink: Sink
  private let condition = NSCondition()
  private var free: [SlabBuffers<Sink>]
  private var waiting: [Slab] = []
  private var isWriting = false
  private var isCancelled = false

  /// - Parameter slabLimit: how many slabs may be encoded and not yet written.
  init(_ sink: Sink, slabLimit: Int) {
    self.sink = sink
    free = (0..<slabLimit).map { _ in SlabBuffers(sink) }
  }

  /// Buffers for the next slab; waits until there are some.
  ///
  /// - Throws: `CancellationError` after ``cancel()``.
  func takeBuffers() throws -> SlabBuffers<Sink> {
    try condition.withLock {
      while true {
        if isCancelled { throw CancellationError() }
        if let buffers = free.popLast() { return buffers }
        condition.wait()
      }
    }
  }

  /// Writes the frames, and then those that others left meanwhile; or leaves them to who is writing.
  ///
  /// - Parameter buffers: hold the frames' bytes; free again when they are written.
  /// - Throws: what the sink throws where writing fails.
  func write(_ frames: [Sink.Frame], in buffers: SlabBuffers<Sink>) throws {
    let isMine = condition.withLock {
      if isWriting {
        waiting.append((frames, buffers))
        return false
      }
      isWriting = true
      return true
    }
    if isMine { try writeAll(from: (frames, buffers)) }
  }

  /// Writes the frames before it returns, because their bytes are not the buffers'; then those that
  /// others left meanwhile.
  ///
  /// - Throws: what the sink throws where writing fails, or `CancellationError` after ``cancel()``.
  func writeNow(_ frames: [Sink.Frame], in buffers: SlabBuffers<Sink>) throws {
    try condition.withLock {
      while isWriting {
        if isCancelled { throw CancellationError() }
        condition.wait()
      }
      isWriting = true
    }
    try writeAll(from: (frames, buffers))
  }

  private func writeAll(from first: Slab) throws {
    var next: Slab? = first
    while let slab = next {
      for frame in slab.frames { try sink.write(frame) }
      next = condition.withLock {
        free.append(slab.buffers)
        condition.broadcast()
        if !waiting.isEmpty { return waiting.removeFirst() }
        isWriting = false
        return nil
      }
    }
  }

  /// Lets go who waits for buffers, because the work has failed.
  func cancel() {
    condition.withLock {
      isCancelled = true
      condition.broadcast()
    }
  }
}
