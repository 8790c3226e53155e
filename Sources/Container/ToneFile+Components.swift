// SPDX-License-Identifier: Apache-2.0

import Tensors

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

extension ToneFile {
  /// Calls `body` with the bytes `range` of a component, restored from its frames. Frames are checked
  /// against their checksums first. Bytes that stand as they are in the file are not copied.
  ///
  /// - Throws: ``ContainerError``.
  func withBytes<Result>(
    of index: Int, in range: Range<Int>, coder: FrameCoder,
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let component = components[index]
    precondition(range.lowerBound >= 0 && range.upperBound <= component.byteCount)
    guard !range.isEmpty else { return try body(UnsafeRawBufferPointer(start: nil, count: 0)) }
    let coding: [FrameCoding]
    switch component.coding {
    case .success(let known): coding = known
    case .failure(let unknown):
      throw ContainerError.unknownCoding(
        file: path, item: "component \(index)", coding: unknown.name)
    }
    let length = component.frameByteCount
    let positions = range.lowerBound / length...(range.upperBound - 1) / length
    if coding.isEmpty {
      for position in positions {
        try withFrame(component.frameRange.lowerBound + position) { _ in }
      }
      let start = frames[component.frameRange.lowerBound].offset
      return try file.withBytes(
        in: start + range.lowerBound..<start + range.upperBound, body)
    }
    let first = component.content(ofFrame: positions.lowerBound).lowerBound
    let end = component.content(ofFrame: positions.upperBound).upperBound
    if end - first > file.byteCount + ToneFormat.allocationAllowance {
      try checkClaims(of: component, positions, coding)
    }
    guard let memory = malloc(end - first) else {
      throw ContainerError.inconsistent(
        file: path, item: "component \(index)",
        problem: "\(end - first) bytes of it at once are more than there is memory for")
    }
    defer { free(memory) }
    let buffer = UnsafeMutableRawBufferPointer(start: memory, count: end - first)
    for position in positions {
      let content = component.content(ofFrame: position)
      let output = UnsafeMutableRawBufferPointer(
        rebasing: buffer[content.lowerBound - first..<content.upperBound - first])
      try restore(component.frameRange.lowerBound + position, coding, into: output, coder: coder)
    }
    return try body(
      UnsafeRawBufferPointer(
        rebasing: buffer[range.lowerBound - first..<range.upperBound - first]))
  }

  /// The same bytes, to be kept. What stands in the file as it is is checked now and stays mapped.
  ///
  /// - Throws: ``ContainerError``.
  func retainedBytes(
    of index: Int, in range: Range<Int>, coder: FrameCoder
  ) throws -> RetainedBytes {
    try withBytes(of: index, in: range, coder: coder) { bytes in
      if components[index].isPlain, let first = components[index].frameRange.first {
        let start = frames[first].offset
        return try file.retainedBytes(in: start + range.lowerBound..<start + range.upperBound)
      }
      return RetainedBytes(count: bytes.count) { $0.copyMemory(from: bytes) }
    }
  }

  /// Checks that frames claim the sizes that the directory claims for them, before memory is taken.
  private func checkClaims(
    of component: StoredComponent, _ positions: ClosedRange<Int>, _ coding: [FrameCoding]
  ) throws {
    for position in positions {
      let frame = component.frameRange.lowerBound + position
      let count = component.content(ofFrame: position).count
      try withFrame(frame) { stored in
        if let problem = FrameCoder.claimProblem(stored, coding, byteCount: count) {
          throw ContainerError.frameContent(
            file: path, frame: frame, offset: frames[frame].offset, problem: problem)
        }
      }
    }
  }

  /// Restores one frame, checked.
  func restore(
    _ frame: Int, _ coding: [FrameCoding], into output: UnsafeMutableRawBufferPointer,
    coder: FrameCoder
  ) throws {
    try withFrame(frame) { stored in
      if let problem = coder.decode(stored, coding, into: output) {
        throw ContainerError.frameContent(
          file: path, frame: frame, offset: frames[frame].offset, problem: problem)
      }
    }
  }

  /// Calls `body` with a frame's stored bytes, after checking them.
  func withFrame<Result>(
    _ index: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let frame = frames[index]
    return try file.withBytes(in: frame.range) { bytes in
      guard Kernels.active.crc32c(bytes) == frame.checksum else {
        throw ContainerError.checksum(file: path, part: "frame \(index)", offset: frame.offset)
      }
      return try body(bytes)
    }
  }
}
