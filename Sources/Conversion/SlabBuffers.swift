// SPDX-License-Identifier: Apache-2.0

import Container

/// Where the bytes of one slab are between being encoded and being written.
final class SlabBuffers: @unchecked Sendable {
  private var coders: [FrameCoder] = []
  private var buffers: [UnsafeMutableRawBufferPointer] = []

  deinit { buffers.forEach { $0.deallocate() } }

  /// The coder of the output at a position: frames of one slab are held at the same time.
  func coder(_ position: Int) -> FrameCoder {
    while coders.count <= position { coders.append(FrameCoder()) }
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
