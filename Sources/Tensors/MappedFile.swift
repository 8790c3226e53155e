// SPDX-License-Identifier: Apache-2.0

import Foundation

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The bytes of a file, mapped read-only: nothing is read before it is touched.
///
/// The mapping lives as long as the object. The file must not be made shorter meanwhile: the
/// operating system ends a program that touches a page that is gone.
package final class MappedFile: Sendable {
  /// What the operating system is told about how a range will be used.
  package enum Advice: Sendable {
    /// The range is needed soon: start reading it.
    case willNeed
    /// The range is read once, forward.
    case sequential
    /// The range is not needed any more: its pages may be dropped.
    case dontNeed
  }

  private enum Ownership { case mapping, allocation }

  /// Where it was opened.
  package let path: String
  /// Its size when it was opened.
  package let byteCount: Int
  /// Valid for `byteCount` bytes until deinit, and never written: so any thread may read it.
  private nonisolated(unsafe) let base: UnsafeRawPointer?
  private let ownership: Ownership

  /// Maps the file at `path`, following symbolic links.
  package init(path: String) throws(FileError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileError(code: errno, path: path, operation: .open) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw FileError(code: errno, path: path, operation: .open)
    }
    switch FileKind(mode: status.st_mode) {
    case .file: break
    case .directory: throw FileError.isDirectory(path: path)
    case .other: throw FileError.notRegularFile(path: path)
    }
    self.path = path
    byteCount = Int(status.st_size)
    ownership = .mapping
    // A mapping of zero bytes is an error by POSIX, an empty file is none.
    guard byteCount > 0 else {
      base = nil
      return
    }
    guard let address = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0),
      address != MAP_FAILED
    else { throw FileError(code: errno, path: path, operation: .map) }
    base = UnsafeRawPointer(address)
  }

  /// A file that is only in memory: a copy of `contents`, called `path` in error messages.
  package init(copying contents: Data, path: String) {
    self.path = path
    byteCount = contents.count
    ownership = .allocation
    guard byteCount > 0 else {
      base = nil
      return
    }
    // Exactly as long as the contents, so that a sanitizer sees a read past the end.
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 1)
    contents.withUnsafeBytes { copy.copyMemory(from: $0) }
    base = UnsafeRawPointer(copy.baseAddress)
  }

  deinit {
    guard let base else { return }
    switch ownership {
    case .mapping: munmap(UnsafeMutableRawPointer(mutating: base), byteCount)
    case .allocation: UnsafeMutableRawPointer(mutating: base).deallocate()
    }
  }

  /// The last part of the path.
  package var name: String { FilePath.name(of: path) }

  /// Calls `body` with all bytes; the pointer is valid during the call only.
  package func withBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try body(UnsafeRawBufferPointer(start: base, count: byteCount))
  }

  /// Calls `body` with the bytes in `range`; the pointer is valid during the call only.
  ///
  /// - Throws: ``FileError/rangeOutsideFile(path:range:byteCount:)``, or what `body` throws.
  package func withBytes<Result>(
    in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    guard range.lowerBound >= 0, range.upperBound <= byteCount else {
      throw FileError.rangeOutsideFile(path: path, range: range, byteCount: byteCount)
    }
    let all = UnsafeRawBufferPointer(start: base, count: byteCount)
    return try body(UnsafeRawBufferPointer(rebasing: all[range]))
  }

  /// Tells the operating system how `range` will be used; what lies outside the file is ignored.
  ///
  /// `dontNeed` covers only the pages that lie completely inside the range; the others cover each
  /// page that the range touches. It is advice: nothing depends on whether it is taken.
  package func advise(_ advice: Advice, in range: Range<Int>) {
    guard let base, ownership == .mapping else { return }
    let clamped = range.clamped(to: 0..<byteCount)
    let page = Int(getpagesize())
    let start: Int
    let end: Int
    let code: Int32
    switch advice {
    case .willNeed, .sequential:
      start = clamped.lowerBound / page * page
      end = clamped.upperBound
      code = advice == .willNeed ? MADV_WILLNEED : MADV_SEQUENTIAL
    case .dontNeed:
      start = (clamped.lowerBound + page - 1) / page * page
      end = clamped.upperBound == byteCount ? byteCount : clamped.upperBound / page * page
      code = MADV_DONTNEED
    }
    guard start < end else { return }
    madvise(UnsafeMutableRawPointer(mutating: base + start), end - start, code)
  }
}
