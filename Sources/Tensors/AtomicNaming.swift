// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What ``AtomicFile`` and ``AtomicDirectory`` share: hidden names and what may be replaced.
enum AtomicNaming {
  /// `.<name>.<random>.partial` in the folder of `path`.
  static func temporaryPath(for path: String) -> String {
    hiddenPath(for: path, suffix: "partial")
  }

  /// `.<name>.<random>.<suffix>` in the folder of `path`, so that a rename stays on one device.
  static func hiddenPath(for path: String, suffix: String) -> String {
    let random = String(UInt64.random(in: .min ... .max), radix: 16)
    return FilePath.join(
      FilePath.folder(of: path), ".\(FilePath.name(of: path)).\(random).\(suffix)")
  }

  /// Checks that a file may be put at `path`: nothing is there, or a regular file and `overwrite`.
  static func checkReplaceable(file path: String, overwrite: Bool) throws(FileError) {
    // A symbolic link that leads nowhere may be replaced like the file that it stands for.
    switch try FileKind.of(path) {
    case nil: return
    case .directory: throw .isDirectory(path: path)
    case .file: if !overwrite { throw .alreadyExists(path: path) }
    case .other: throw .notRegularFile(path: path)
    }
  }

  /// Why nothing could be created for `path`.
  ///
  /// The hidden name would say nothing to the user; where something is missing, it is the folder.
  static func creationError(code: Int32, path: String) -> FileError {
    code == ENOENT
      ? .noFolder(path: path, folder: FilePath.folder(of: path))
      : FileError(code: code, path: path, operation: .create)
  }

  /// Makes a rename in `folder` last; not every file system can, and none is required to.
  static func flush(folder: String) {
    let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }
}
