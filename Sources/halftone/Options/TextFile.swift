// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors
import Tokenization

/// A file of text that the user names.
enum TextFile {
  /// Its text.
  ///
  /// - Throws: `FileError` where it can't be read, `TokenizationError` where it is not UTF-8.
  static func read(_ path: String) throws -> String {
    try MappedFile(path: path).withBytes { try Tokenizer.text(from: Data($0), path: path) }
  }
}
