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

/// A folder of a model that appears under its name only when all of its files are complete.
///
/// Files are made with ``file(named:)`` in a hidden folder next to the target, which takes the name
/// at ``commit()`` and is removed if that never happens.
package final class AtomicDirectory: Sendable {
  private struct State {
    var isOpen = true
    var tokens: [UnfinishedFiles.Token] = []
  }

  /// Where the folder will be.
  package let path: String
  private let temporaryPath: String
  private let overwrite: Bool
  private let registry: UnfinishedFiles
  private let state: Mutex<State>

  /// Creates the hidden folder next to `path`.
  ///
  /// - Throws: ``FileError``, also where `path` exists and may not be replaced.
  package init(
    path: String, overwrite: Bool, registry: UnfinishedFiles = .shared
  ) throws(FileError) {
    try Self.checkReplaceable(path, overwrite: overwrite)
    self.path = path
    self.overwrite = overwrite
    self.registry = registry
    temporaryPath = AtomicNaming.temporaryPath(for: path)
    let token = registry.add(temporaryPath)
    state = Mutex(State(tokens: [token]))
    guard mkdir(temporaryPath, 0o777) == 0 else {
      let code = errno
      state.withLock { $0.isOpen = false }
      registry.forget(token)
      throw AtomicNaming.creationError(code: code, path: path)
    }
  }

  deinit { abandon() }

  /// A file of the folder; it has to be committed before the folder is.
  ///
  /// - Parameter name: a plain file name that no other file of the folder has.
  package func file(named name: String) throws(FileError) -> AtomicFile {
    let final = FilePath.join(temporaryPath, name)
    let file = try AtomicFile(path: final, overwrite: false, registry: registry)
    let token = registry.add(final)
    state.withLock { $0.tokens.append(token) }
    return file
  }

  /// Gives the folder its name; what was there before is removed after that.
  package func commit() throws(FileError) {
    guard markClosed() else { throw .alreadyClosed(path: path) }
    do throws(FileError) {
      try Self.checkReplaceable(path, overwrite: overwrite)
      AtomicNaming.flush(folder: temporaryPath)
      try takeName()
    } catch {
      remove()
      throw error
    }
    forgetAll()
    AtomicNaming.flush(folder: FilePath.folder(of: path))
  }

  /// Removes the folder and its files; does nothing after ``commit()``.
  package func abandon() {
    if markClosed() { remove() }
  }

  private func takeName() throws(FileError) {
    let old = AtomicNaming.hiddenPath(for: path, suffix: "replaced")
    let hadOld = rename(path, old) == 0
    if !hadOld, errno != ENOENT {
      throw FileError(code: errno, path: path, operation: .replace)
    }
    guard rename(temporaryPath, path) == 0 else {
      let code = errno
      if hadOld { rename(old, path) }
      throw FileError(code: code, path: path, operation: .replace)
    }
    if hadOld { try? FileManager.default.removeItem(atPath: old) }
  }

  private func remove() {
    try? FileManager.default.removeItem(atPath: temporaryPath)
    forgetAll()
  }

  private func forgetAll() {
    let tokens = state.withLock { state in
      defer { state.tokens = [] }
      return state.tokens
    }
    for token in tokens { registry.forget(token) }
  }

  private func markClosed() -> Bool {
    state.withLock { state in
      defer { state.isOpen = false }
      return state.isOpen
    }
  }

  /// Checks that a folder may be put at `path`: nothing is there, or `overwrite` and a folder that
  /// is empty or a model's.
  private static func checkReplaceable(_ path: String, overwrite: Bool) throws(FileError) {
    guard let kind = try FileKind.of(path) else { return }
    guard kind == .directory else { throw .notDirectory(path: path) }
    guard overwrite else { throw .alreadyExists(path: path) }
    let names: [String]
    do { names = try FileManager.default.contentsOfDirectory(atPath: path).sorted() } catch {
      throw .permissionDenied(path: path, operation: .list)
    }
    // A slip such as `-o ~` must not cost a home directory: a model's folder has no folders in it
    // and at least one file that only models have.
    for name in names where try FileKind.of(FilePath.join(path, name)) == .directory {
      throw .holdsForeignFiles(path: path, name: name)
    }
    if let first = names.first, !names.contains(where: isModelFile) {
      throw .holdsForeignFiles(path: path, name: first)
    }
  }

  private static func isModelFile(_ name: String) -> Bool {
    name == "config.json" || name == "model.bin"
      || [".safetensors", ".tone", ".gguf"].contains { name.hasSuffix($0) }
  }
}
