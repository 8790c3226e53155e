// SPDX-License-Identifier: Apache-2.0

import Tensors

/// A component as the directory has it, checked against the frame table.
struct StoredComponent: Sendable {
  let elementType: ElementType
  let shape: [Int]
  /// How its frames are coded, or the name of what this reader does not know.
  let coding: Result<[FrameCoding], UnknownCoding>
  /// Its length before coding.
  let byteCount: Int
  let frameByteCount: Int
  /// Its run of the frame table.
  let frameRange: Range<Int>

  /// The number of elements.
  var elementCount: Int { byteCount * 8 / elementType.bitWidth }

  /// True where its bytes stand in the file as they are, one after the other.
  var isPlain: Bool { coding == .success([]) }

  /// The bytes that a frame stands for, counted from the component's start.
  func content(ofFrame index: Int) -> Range<Int> {
    let start = index * frameByteCount
    return start..<min(start + frameByteCount, byteCount)
  }

  /// Checks all components of a directory.
  ///
  /// - Throws: ``ContainerError``.
  static func all(
    of directory: Directory, frames: [FrameEntry], file: String
  ) throws -> [StoredComponent] {
    let components = try directory.components.enumerated().map { index, entry in
      try StoredComponent(entry, index: index, frames: frames, file: file)
    }
    var next = 0
    for (index, component) in components.enumerated().sorted(by: {
      ($0.element.frameRange.lowerBound, $0.offset) < ($1.element.frameRange.lowerBound, $1.offset)
    }) where !component.frameRange.isEmpty {
      guard component.frameRange.lowerBound == next else {
        throw ContainerError.inconsistent(
          file: file, item: "component \(index)",
          problem: "its frames begin at \(component.frameRange.lowerBound), not at \(next)")
      }
      next = component.frameRange.upperBound
    }
    guard next == frames.count else {
      throw ContainerError.inconsistent(
        file: file, item: "frame \(next)", problem: "it belongs to no component")
    }
    return components
  }

  private init(
    _ entry: Directory.Component, index: Int, frames: [FrameEntry], file: String
  ) throws {
    func refuse(_ problem: String) -> ContainerError {
      .inconsistent(file: file, item: "component \(index)", problem: problem)
    }
    guard let type = ElementType(rawValue: entry.type) else {
      throw refuse("unknown element type '\(entry.type)'")
    }
    guard let count = Self.elementCount(of: entry.shape), let bytes = type.byteCount(of: count)
    else {
      throw refuse("shape \(entry.shape) of \(entry.type) is negative, too large or no whole bytes")
    }
    guard entry.frameByteCount >= 1, entry.frameByteCount <= ToneFormat.maximumFrameByteCount else {
      throw refuse("frames of \(entry.frameByteCount) bytes")
    }
    let needed = bytes / entry.frameByteCount + (bytes % entry.frameByteCount == 0 ? 0 : 1)
    guard entry.frameCount == needed else {
      throw refuse("\(entry.frameCount) frames where \(needed) are needed")
    }
    guard entry.firstFrame >= 0, entry.firstFrame <= frames.count,
      frames.count - entry.firstFrame >= needed
    else { throw refuse("frames \(entry.firstFrame) and on are not all in the table") }
    elementType = type
    shape = entry.shape
    coding = FrameCoding.parse(entry.coding)
    byteCount = bytes
    frameByteCount = entry.frameByteCount
    frameRange = entry.firstFrame..<entry.firstFrame + needed
    if case .success(let codings) = coding, let plane = codings.first?.planeCount,
      frameByteCount % plane != 0 || byteCount % plane != 0
    {
      throw refuse("its frames are no whole elements of \(plane) bytes")
    }
    if isPlain { try checkContiguity(frames, refuse) }
  }

  private func checkContiguity(
    _ frames: [FrameEntry], _ refuse: (String) -> ContainerError
  ) throws {
    guard let first = frameRange.first.map({ frames[$0] }) else { return }
    guard first.offset % ToneFormat.alignment == 0 else {
      throw refuse("it begins at byte \(first.offset), no multiple of \(ToneFormat.alignment)")
    }
    for (position, index) in frameRange.enumerated() {
      let content = content(ofFrame: position)
      guard frames[index].offset - first.offset == content.lowerBound,
        frames[index].byteCount == content.count
      else { throw refuse("frame \(index) does not lie where it must") }
    }
  }

  /// The product of a shape, or nil where a dimension is negative, there are too many of them, or the
  /// product of those that are not zero overflows (so that the order of dimensions does not matter).
  static func elementCount(of shape: [Int]) -> Int? {
    guard shape.count <= ToneFormat.maximumRank, shape.allSatisfy({ $0 >= 0 }) else { return nil }
    var product = 1
    for dimension in shape where dimension > 0 {
      let (result, overflow) = product.multipliedReportingOverflow(by: dimension)
      if overflow { return nil }
      product = result
    }
    return shape.contains(0) ? 0 : product
  }
}
