// SPDX-License-Identifier: Apache-2.0

/// Bytes that stay where they are as long as this value or a copy of it: a part of a mapped file, or
/// memory of their own.
///
/// Nobody writes them, so any thread may read them.
package struct RetainedBytes: @unchecked Sendable {
  /// The first of `count` bytes, at any alignment.
  package let start: UnsafeRawPointer
  package let count: Int
  private let owner: AnyObject

  /// - Parameter owner: keeps the bytes valid and unchanged while it exists.
  init(start: UnsafeRawPointer, count: Int, owner: AnyObject) {
    self.start = start
    self.count = count
    self.owner = owner
  }

  /// A part of the same bytes.
  ///
  /// - Parameter range: inside `0 ..< count`.
  package subscript(range: Range<Int>) -> RetainedBytes {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return RetainedBytes(start: start + range.lowerBound, count: range.count, owner: owner)
  }

  /// What they take of anonymous memory, in bytes: nothing where they are mapped.
  package var ownedByteCount: Int { owner is Allocation ? count : 0 }

  /// Memory of its own, which `fill` writes completely.
  ///
  /// - Throws: what `fill` throws.
  package init(count: Int, filledBy fill: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
    let allocation = Allocation(byteCount: count)
    try fill(allocation.bytes)
    self.init(start: allocation.start, count: count, owner: allocation)
  }

  private final class Allocation {
    let bytes: UnsafeMutableRawBufferPointer
    /// Of an allocation of no bytes, too.
    let start: UnsafeRawPointer

    init(byteCount: Int) {
      let start = UnsafeMutableRawPointer.allocate(byteCount: max(1, byteCount), alignment: 64)
      bytes = UnsafeMutableRawBufferPointer(start: start, count: byteCount)
      self.start = UnsafeRawPointer(start)
    }

    deinit { UnsafeMutableRawPointer(mutating: start).deallocate() }
  }
}

extension MappedFile {
  /// The bytes in `range` where they are mapped, not copied.
  ///
  /// - Throws: ``FileError/rangeOutsideFile(path:range:byteCount:)``.
  package func retainedBytes(in range: Range<Int>) throws -> RetainedBytes {
    try withBytes(in: range) { bytes in
      // Of an empty file there is no mapping, but there are no bytes to read either.
      guard let start = bytes.baseAddress else { return RetainedBytes(count: 0) { _ in } }
      return RetainedBytes(start: start, count: bytes.count, owner: self)
    }
  }
}
