// SPDX-License-Identifier: Apache-2.0

/// When a Metaspace writes its character before a text that doesn't start with it.
enum PrependScheme: String, Sendable {
  case always
  /// Only at the start of the whole input, not after an added token.
  case first
  case never

  /// Reads `prepend_scheme`, or the older `add_prefix_space`.
  init(_ part: Part) throws {
    guard let name = try part.optionalString("prepend_scheme") else {
      self = try part.bool("add_prefix_space", default: true) ? .always : .never
      return
    }
    guard let scheme = PrependScheme(rawValue: name) else {
      throw TokenizationError.unsupportedOption(
        path: part.path, key: part.name("prepend_scheme"), value: name)
    }
    self = scheme
  }
}

/// Writes spaces as a visible character, as SentencePiece does, and cuts before each.
struct MetaspacePreTokenizer: PreTokenizer {
  private let replacement: [UInt8]
  private let delimiter: LiteralPattern
  private let scheme: PrependScheme
  private let splits: Bool

  init(_ part: Part) throws {
    let replacement = try String(Character(part.scalar("replacement")))
    self.replacement = Array(replacement.utf8)
    delimiter = LiteralPattern(replacement)
    scheme = try PrependScheme(part)
    splits = try part.bool("split", default: true)
  }

  func apply(to pieces: inout Pieces) throws {
    pieces.rewrite { piece, opensInput, output in
      let prepends = scheme == .always || scheme == .first && opensInput
      if prepends, piece.first != UInt8(ascii: " "), !piece.starts(with: replacement) {
        output.append(contentsOf: replacement)
      }
      for byte in piece {
        if byte == UInt8(ascii: " ") {
          output.append(contentsOf: replacement)
        } else {
          output.append(byte)
        }
      }
    }
    if splits {
      try pieces.split { try SplitBehavior.mergedWithNext.cut($0, at: delimiter, inverted: false) }
    }
  }
}
