// SPDX-License-Identifier: Apache-2.0

extension String {
  /// The text in single quotes, safe to print whatever a file put into it: control characters are
  /// escaped, and what goes beyond 160 characters is cut.
  package var quoted: String {
    var text = "'"
    var count = 0
    for scalar in unicodeScalars {
      if count == 160 {
        text += "…"
        break
      }
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator:
        text += "\\u{\(String(scalar.value, radix: 16))}"
      default: text.unicodeScalars.append(scalar)
      }
      count += 1
    }
    return text + "'"
  }
}
