// SPDX-License-Identifier: Apache-2.0

import Quantization

/// Where the bytes of one slab are between being encoded and being written.
final class SlabBuffers<Sink: TensorSink>: @unchecked Sendable {
  private let sink: Sink
  private var coders: [Sink.Coder] = []
  private var buffers: [UnsafeMutableRawBufferPointer] = []

  init(_ sink: Sink) { self.sink = sink }

  deinit { buffers.forEach { $0.deallocate() } }

  /// The coder of the output at a position: frames of one slab are held at the same time.
  func coder(_ position: Int) -> Sink.Coder {
    while coders.count <= position { coders.append(sink.makeCoder()) }
    return coders[position]
  }

  /// Buffers of at least the given sizes; what they held is lost.
  func outputs(_ byteCounts: [Int]) -> [UnsafeMutableRawBufferPointer] {
    for (position, byteCount) in byteCounts.enumerated() {
      if position == buffers.count {
        buffers.append(.allocate(byteCount: byteCount, alignment: 64))
      } else if buffers[position].count < byteCount {
        buffers[position].deallocate()
        buffers[position] = .allocate(byteCount: byteCount, alignment: 64)
      }
    }
    return buffers
  }
}
