// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A file that appears under its name only when it is complete.
///
/// Bytes go to a hidden file in the same folder, which takes the name at ``commit()`` and is removed
/// if that never happens. Writing is safe from several threads; finishing is for one, after them.
package final class AtomicFile: Sendable {
  private struct State {
    var isOpen = true
    var end = 0
  }

  /// Where the file will be.
  package let path: String
  private let temporaryPath: String
  private let descriptor: Int32
  private let overwrite: Bool
  private let registry: UnfinishedFiles
  private let token: UnfinishedFiles.Token
  private let state = Mutex(State())

  /// Creates the hidden file next to `path`.
  ///
  /// - Throws: ``FileError/alreadyExists(path:)`` where something is there that may not be replaced.
  package init(
    path: String, overwrite: Bool, registry: UnfinishedFiles = .shared
  ) throws(FileError) {
    try AtomicNaming.checkReplaceable(file: path, overwrite: overwrite)
    self.path = path
    self.overwrite = overwrite
    self.registry = registry
    temporaryPath = AtomicNaming.temporaryPath(for: path)
    token = registry.add(temporaryPath)
    descriptor = open(temporaryPath, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      let code = errno
      registry.forget(token)
      throw AtomicNaming.creationError(code: code, path: path)
    }
  }

  deinit { abandon() }

  /// How many bytes the file has so far.
  package var byteCount: Int { state.withLock { $0.end } }

  /// Writes behind everything that was written or reserved so far; returns where.
  @discardableResult
  package func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) -> Int {
    let offset = state.withLock { state in
      defer { state.end += bytes.count }
      return state.isOpen ? state.end : nil
    }
    guard let offset else { throw .alreadyClosed(path: path) }
    try writeAll(bytes, at: offset)
    return offset
  }

  /// Writes behind everything that was written or reserved so far; returns where.
  @discardableResult
  package func append(_ bytes: Data) throws -> Int {
    try bytes.withUnsafeBytes { try append($0) }
  }

  /// Writes at `offset`, inside, behind or over what is there; a gap reads as zeros.
  package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) {
    let isOpen = state.withLock { state in
      state.end = max(state.end, offset + bytes.count)
      return state.isOpen
    }
    guard isOpen else { throw .alreadyClosed(path: path) }
    try writeAll(bytes, at: offset)
  }

  private func writeAll(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) {
    var written = 0
    while written < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
      let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + written))
      if count < 0 {
        if errno == EINTR { continue }
        throw FileError(code: errno, path: path, operation: .write)
      }
      written += count
    }
  }

  /// Brings the bytes to the device and gives the file its name.
  ///
  /// - Throws: ``FileError``; nothing is left of the file then.
  package func commit() throws(FileError) {
    guard markClosed() else { throw .alreadyClosed(path: path) }
    defer { registry.forget(token) }
    let flushed = fsync(descriptor) == 0 ? nil : errno
    close(descriptor)
    do throws(FileError) {
      if let flushed { throw FileError(code: flushed, path: path, operation: .flush) }
      try takeName()
    } catch {
      unlink(temporaryPath)
      throw error
    }
    AtomicNaming.flush(folder: FilePath.folder(of: path))
  }

  private func takeName() throws(FileError) {
    if !overwrite {
      // Unlike `rename`, `link` never replaces a file that appeared meanwhile.
      if link(temporaryPath, path) == 0 {
        unlink(temporaryPath)
        return
      }
      guard errno == EPERM || errno == ENOTSUP || errno == EOPNOTSUPP || errno == EMLINK else {
        throw FileError(code: errno, path: path, operation: .replace)
      }
    }
    try AtomicNaming.checkReplaceable(file: path, overwrite: overwrite)
    guard rename(temporaryPath, path) == 0 else {
      throw FileError(code: errno, path: path, operation: .replace)
    }
  }

  /// Removes what was written; does nothing after ``commit()``.
  package func abandon() {
    guard markClosed() else { return }
    close(descriptor)
    unlink(temporaryPath)
    registry.forget(token)
  }

  /// True for the one caller that may finish the file.
  private func markClosed() -> Bool {
    state.withLock { state in
      defer { state.isOpen = false }
      return state.isOpen
    }
  }
}
