// SPDX-License-Identifier: Apache-2.0

import Foundation

extension Tokenizer {
  /// The strings of a file with one JSON string on each line.
  ///
  /// - Throws: ``TokenizationError/malformedJSON(path:byteOffset:expected:)`` with the offset in its
  ///   line, `path` naming the line.
  package static func jsonLines(from data: Data, path: String) throws -> [String] {
    try data.split(separator: UInt8(ascii: "\n")).enumerated().map { index, line in
      let place = "\(path), line \(index + 1)"
      guard case .string(let text) = try JSONReader.read(line, path: place) else {
        throw TokenizationError.malformedJSON(
          path: place, byteOffset: 0, expected: "a string")
      }
      return text
    }
  }
}
