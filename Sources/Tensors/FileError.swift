// SPDX-License-Identifier: Apache-2.0

import Foundation

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Why the file system did not do what was asked of it.
package enum FileError: Error, Equatable {
  /// A path that is read must lead to something.
  case notFound(path: String)
  /// What is written goes to a folder that is there.
  case noFolder(path: String, folder: String)
  /// The user must be allowed to do it.
  case permissionDenied(path: String, operation: FileOperation)
  /// A file is expected, not a directory.
  case isDirectory(path: String)
  /// A file is expected whose size is known and that can be mapped: no pipe, device or socket.
  case notRegularFile(path: String)
  /// A directory is expected, not a file.
  case notDirectory(path: String)
  /// What exists is replaced only on request.
  case alreadyExists(path: String)
  /// A directory is replaced as a whole, so it must hold nothing but a model's files.
  case holdsForeignFiles(path: String, name: String)
  /// There must be room for what is written.
  case noSpace(path: String)
  /// Bytes are read from inside the file only.
  case rangeOutsideFile(path: String, range: Range<Int>, byteCount: Int)
  /// A file that is finished must not have been finished or removed before.
  case alreadyClosed(path: String)
  /// Every other failure of the operating system, with its number.
  case system(path: String, operation: FileOperation, code: Int32)

  /// The error for what the system calls `code`.
  package init(code: Int32, path: String, operation: FileOperation) {
    switch code {
    case ENOENT: self = .notFound(path: path)
    case EACCES, EPERM, EROFS: self = .permissionDenied(path: path, operation: operation)
    case EISDIR: self = .isDirectory(path: path)
    case ENOTDIR: self = .notDirectory(path: path)
    case EEXIST: self = .alreadyExists(path: path)
    case ENOSPC, EDQUOT: self = .noSpace(path: path)
    default: self = .system(path: path, operation: operation, code: code)
    }
  }
}

/// What was being done to a file, in the words of an error message.
package enum FileOperation: String, Sendable {
  case open, map, read, create, write, flush, replace, remove, list
}

extension FileError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notFound(let path):
      "\(path): no such file or directory; check the path"
    case .noFolder(let path, let folder):
      "\(path): no such folder \(folder.quoted) for this output; create it or check the path"
    case .permissionDenied(let path, let operation):
      "\(path): no permission to \(operation.rawValue); change its access rights or use another path"
    case .isDirectory(let path):
      "\(path): is a directory where a file is expected; name a file in it"
    case .notRegularFile(let path):
      "\(path): is not a regular file; copy it to a file first or use another path"
    case .notDirectory(let path):
      "\(path): a part of the path is not a directory; check the path"
    case .alreadyExists(let path):
      "\(path): exists already; choose another path or pass --overwrite"
    case .holdsForeignFiles(let path, let name):
      "\(path): holds \(name.quoted), which is no file of a model, so it is not replaced;"
        + " choose another path"
    case .noSpace(let path):
      "\(path): no space left on the device; free some space or write to another one"
    case .rangeOutsideFile(let path, let range, let byteCount):
      "\(path): bytes \(range.lowerBound)..<\(range.upperBound) are outside the file of"
        + " \(byteCount) bytes; get the file again"
    case .alreadyClosed(let path):
      "\(path): was already finished or given up; write it anew"
    case .system(let path, let operation, let code):
      "\(path): can't \(operation.rawValue): \(String(cString: strerror(code)))"
        + " (error \(code)); check the path and the device"
    }
  }
}
