// SPDX-License-Identifier: Apache-2.0

/// Why something can't be verified.
package enum VerificationError: Error, Equatable {
  /// A text must hold at least one token.
  case emptyText
  /// A text must be long enough for its first scored position.
  case textTooShort(tokens: Int, needed: Int)
  /// A window must be long enough for one scored position.
  case contextTooShort(context: Int, needed: Int)
  /// A window must fit the positions that the model covers.
  case contextTooLong(context: Int, modelContext: Int)
  /// A limit on the number of windows must let at least one through.
  case windowLimit(Int)
  /// Both models must share one vocabulary, or their distributions can't be compared.
  case vocabulariesDiffer(original: Int, candidate: Int)
  /// Logits must be finite wherever a probability is taken from them.
  case logitsNotFinite(side: Side, window: Int, position: Int)
  /// The candidate must hold every tensor of the original.
  case tensorsMissing(name: String, count: Int, candidate: String)
  /// A tensor must have the same shape on both sides.
  case shapesDiffer(tensor: String, original: [Int], candidate: [Int])
  /// The two sides must have at least one tensor in common.
  case nothingToCompare(original: String, candidate: String)

  /// Which model of a verification, or the only one of a measurement.
  package enum Side: String, Sendable, Codable {
    case original, candidate, model
  }
}

extension VerificationError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .emptyText:
      "the text holds no tokens; pass a text that is not empty"
    case .textTooShort(let tokens, let needed):
      "the text holds \(counted(tokens, "token")) but at least \(needed) are needed; "
        + "pass a longer text or a smaller --context"
    case .contextTooShort(let context, let needed):
      "a context of \(context) scores nothing; pass --context \(needed) or more"
    case .contextTooLong(let context, let modelContext):
      "a context of \(context) is longer than the \(modelContext) positions of the model; "
        + "pass --context \(modelContext) or less"
    case .windowLimit(let limit):
      "a limit of \(limit) windows leaves nothing to measure; pass --max-windows 1 or more"
    case .vocabulariesDiffer(let original, let candidate):
      "the original has \(original) logits per position and the candidate \(candidate); "
        + "pass two files made from the same model"
    case .logitsNotFinite(let side, let window, let position):
      "window \(window), position \(position): the \(side.rawValue)'s logits are not finite; "
        + "run `halftone check` and `halftone report` on the \(side.rawValue), or compute in bf16 or f32 "
        + "if this was fp16, whose numbers end at 65504"
    case .tensorsMissing(let name, 1, let candidate):
      "tensor '\(name)': missing in \(candidate); pass a candidate made from this original"
    case .tensorsMissing(let name, let count, let candidate):
      "tensor '\(name)' and \(count - 1) more: missing in \(candidate); "
        + "pass a candidate made from this original"
    case .shapesDiffer(let tensor, let original, let candidate):
      "tensor '\(tensor)': shape \(original) in the original, \(candidate) in the candidate; "
        + "pass a candidate made from this original"
    case .nothingToCompare(let original, let candidate):
      "\(original) and \(candidate) have no tensor name in common; "
        + "pass two files made from the same model"
    }
  }
}

/// A number with its noun: `1 token`, `2 tokens`.
func counted(_ count: Int, _ noun: String) -> String {
  "\(count.grouped) \(noun)\(count == 1 ? "" : "s")"
}
