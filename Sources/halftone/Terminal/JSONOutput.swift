// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The one JSON document that a command prints on stdout under `--json`.
enum JSONOutput {
  /// Prints a value; numbers that JSON does not have become null.
  static func print(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    Swift.print(String(decoding: try encoder.encode(value), as: UTF8.self))
  }
}
