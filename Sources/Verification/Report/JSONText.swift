// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A result as one JSON document: UTF-8, sorted keys, two spaces, a line feed at the end.
///
/// - Throws: `EncodingError` where a figure is NaN or infinite, which no result of this module holds.
package func jsonText(_ result: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  return String(decoding: try encoder.encode(result), as: UTF8.self) + "\n"
}
