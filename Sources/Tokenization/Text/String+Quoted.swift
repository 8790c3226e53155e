// SPDX-License-Identifier: Apache-2.0

extension String {
  /// How much of a string a message shows, in scalars.
  private static let quotedLimit = 80

  /// The string in single quotes for a one-line message: control characters as escapes, cut where it
  /// is long.
  var quoted: String {
    let shown = unicodeScalars.prefix(Self.quotedLimit)
    let isCut = shown.endIndex < unicodeScalars.endIndex
    let text = shown.map { scalar in
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: scalar.escaped(asASCII: true)
      default: String(Character(scalar))
      }
    }
    return "'\(text.joined())\(isCut ? "…" : "")'"
  }
}
