// SPDX-License-Identifier: Apache-2.0

/// The worst position in words.
struct WorstText: Sendable, Equatable {
  var worst: WorstPosition
  /// What came before, decoded, or ids.
  var context: String
  /// What the text goes on with; here and below spaces, tabs and line ends are made visible.
  var token: String
  /// What the original finds most probable.
  var original: String
  /// What the candidate finds most probable.
  var candidate: String

  /// - Parameter decode: turns ids into text; nil leaves ids.
  init(_ worst: WorstPosition, decode: (([Int32]) -> String)?) {
    let show = decode ?? { $0.map(String.init).joined(separator: " ") }
    self.worst = worst
    context = show(worst.context)
    token = Self.visible(show([worst.token]))
    original = Self.visible(show([worst.originalTop]))
    candidate = Self.visible(show([worst.candidateTop]))
  }

  private static func visible(_ token: String) -> String {
    let marks: [Unicode.Scalar: String] = [" ": "␣", "\n": "\\n", "\r": "\\r", "\t": "\\t"]
    return token.unicodeScalars.map { marks[$0] ?? String($0) }.joined()
  }

  var place: String { "window \(worst.window), position \(worst.position)" }

  /// Two or three lines for a terminal.
  var sentence: String {
    func quoted(_ text: String) -> String {
      "‘" + text.debugDescription.dropFirst().dropLast().replacing("\\\"", with: "\"") + "’"
    }
    return TextTable.clean(
      "Largest KL divergence, \(Figures.significant(worst.divergence)) nats, at \(place), "
        + "after ‘…\(quoted(String(context.suffix(40))).dropFirst())") + "\n"
      + TextTable.clean(
        "The text goes on with ‘\(token)’; the original expects ‘\(original)’, "
          + "the candidate ‘\(candidate)’.") + "\n"
  }
}
