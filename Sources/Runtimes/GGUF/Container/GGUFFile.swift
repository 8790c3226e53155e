// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

/// One GGUF file, checked completely: the container's rules as llama.cpp enforces them.
///
/// Layout: magic, version, two counts; metadata; what there is to know of each tensor; padding;
/// the tensors' bytes, each padded to the alignment. Opening touches no tensor's bytes.
package struct GGUFFile: Sendable {
  package let file: MappedFile
  package let version: UInt32
  package let metadata: GGUFMetadata
  /// In the order of their bytes, which is that of the file.
  package let tensors: [GGUFTensor]

  /// Maps and checks the file at `path`.
  package init(path: String) throws(GGUFError) {
    let file: MappedFile
    do { file = try MappedFile(path: path) } catch { throw .file(error) }
    try self.init(file)
  }

  /// Checks a file that is in memory, called `path` in error messages.
  package init(contents: Data, path: String = "memory") throws(GGUFError) {
    try self.init(MappedFile(copying: contents, path: path))
  }

  /// Checks a mapped file.
  package init(_ file: MappedFile) throws(GGUFError) {
    let parser: GGUFParser
    do {
      parser = try file.withBytes { bytes in
        var parser = GGUFParser(bytes, of: file)
        try parser.parse()
        return parser
      }
    } catch let error as GGUFError {
      throw error
    } catch {
      throw .file(.system(path: file.path, operation: .read, code: EIO))
    }
    self.file = file
    version = parser.version
    metadata = parser.metadata
    tensors = parser.tensors
  }

  /// Whether a file begins as GGUF files do; false also where it can't be opened.
  package static func recognizes(path: String) -> Bool {
    guard let handle = try? FileHandle(forReadingFrom: URL(filePath: path)) else { return false }
    defer { try? handle.close() }
    return (try? handle.read(upToCount: GGUFFormat.magic.count)) == Data(GGUFFormat.magic)
  }
}
