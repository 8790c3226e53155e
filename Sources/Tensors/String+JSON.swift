// SPDX-License-Identifier: Apache-2.0

import Foundation

extension String {
  /// The string as JSON, in quotes; only what must be escaped is.
  package var jsonLiteral: String {
    var text = "\""
    for scalar in unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case _ where scalar.value < 0x20:
        text += String(format: "\\u%04x", Int(scalar.value))
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "\""
  }
}
