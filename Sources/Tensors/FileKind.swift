// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What a path leads to.
package enum FileKind: Sendable {
  /// A regular file.
  case file
  /// A directory.
  case directory
  /// A device, pipe or socket.
  case other

  /// What `path` leads to, following symbolic links; nil where it leads nowhere.
  ///
  /// - Throws: ``FileError`` where that can't be found out, as for want of permission.
  package static func of(_ path: String) throws(FileError) -> FileKind? {
    var status = stat()
    guard stat(path, &status) == 0 else {
      if errno == ENOENT { return nil }
      throw FileError(code: errno, path: path, operation: .open)
    }
    return FileKind(mode: status.st_mode)
  }

  init(mode: mode_t) {
    switch mode & S_IFMT {
    case S_IFREG: self = .file
    case S_IFDIR: self = .directory
    default: self = .other
    }
  }
}
