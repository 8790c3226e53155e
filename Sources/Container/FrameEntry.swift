// SPDX-License-Identifier: Apache-2.0

/// Where a frame is stored: one entry of the frame table.
struct FrameEntry: Sendable, Equatable {
  var offset: Int
  var byteCount: Int
  var checksum: UInt32

  /// The frame's stored bytes in the file.
  var range: Range<Int> { offset..<offset + byteCount }
}
