// SPDX-License-Identifier: Apache-2.0

import Tensors

extension ToneFile {
  /// Checks every byte: all frames against their checksums and what they must hold, and the gaps.
  /// (The rest was checked when the file was opened.)
  ///
  /// - Parameter progress: called with the number of bytes done and in all.
  /// - Throws: ``ContainerError`` at the first thing that is wrong.
  package func check(progress: (Int, Int) throws -> Void = { _, _ in }) throws {
    let coder = FrameCoder()
    var done = 0
    for component in components {
      guard case .success(let coding) = component.coding else {
        for frame in component.frameRange { try withFrame(frame) { _ in } }
        continue
      }
      for (position, frame) in component.frameRange.enumerated() {
        let length = component.content(ofFrame: position).count
        if coding.isEmpty {
          try withFrame(frame) { _ in }
        } else {
          // A frame is at most 64 MiB, so what a hostile file can make this allocate is bounded.
          let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: 16)
          defer { buffer.deallocate() }
          try restore(frame, coding, into: buffer, coder: coder)
        }
        done += frames[frame].byteCount
        try progress(done, file.byteCount)
      }
    }
    try checkGaps()
  }

  private func checkGaps() throws {
    var end = ToneFormat.headerByteCount
    let ranges = frames.map(\.range).sorted { $0.lowerBound < $1.lowerBound }
    for range in ranges + [dataEnd..<dataEnd] {
      try file.withBytes(in: end..<range.lowerBound) { gap in
        if let position = gap.firstIndex(where: { $0 != 0 }) {
          throw ContainerError.notZero(
            file: path, part: "the gap between frames", offset: end + position)
        }
      }
      end = range.upperBound
    }
  }
}
