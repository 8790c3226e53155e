// SPDX-License-Identifier: Apache-2.0

/// SentencePiece's own normalization: its character map, and what becomes of spaces.
///
/// User-defined pieces stay as they are. Related documentation:
/// <https://github.com/google/sentencepiece/blob/master/doc/normalization.md>
struct SentencePieceNormalizer: PreTokenizer {
  /// When the dummy space is written.
  enum DummySpace {
    /// Around every stretch of text between added tokens.
    case always
    /// Not after an added token.
    case first
  }

  private let rules: SentencePieceFile.Normalization
  private let writesSuffix: Bool
  private let dummySpace: DummySpace
  private let space: [UInt8]
  private let userDefined: ByteTrie

  init(
    _ rules: SentencePieceFile.Normalization, writesSuffix: Bool = false,
    dummySpace: DummySpace = .always, userDefined: ByteTrie = ByteTrie()
  ) {
    self.rules = rules
    self.writesSuffix = writesSuffix
    self.dummySpace = dummySpace
    self.userDefined = userDefined
    space = rules.escapesSpaces ? SentencePieceFile.visibleSpace : [UInt8(ascii: " ")]
  }

  func apply(to pieces: inout Pieces) throws {
    pieces.rewrite { piece, opensInput, output in
      normalize(piece, opensInput: opensInput, into: &output)
    }
  }

  /// Appends what `text` becomes.
  func normalize(_ text: Bytes, opensInput: Bool = true, into output: inout [UInt8]) {
    let addsDummySpace = rules.addsDummySpace && (dummySpace == .always || opensInput)
    let start = output.count
    var position = rules.removesExtraSpaces ? leadingSpaceEnd(of: text) : 0
    guard position < text.count else { return }
    if addsDummySpace, !writesSuffix { output.append(contentsOf: space) }
    var followsSpace = rules.removesExtraSpaces
    while position < text.count {
      position += withReplacement(in: text, at: position) { replacement in
        var replacement = replacement[...]
        if followsSpace { replacement = replacement.drop { $0 == UInt8(ascii: " ") } }
        guard let last = replacement.last else { return }
        for byte in replacement {
          if byte == UInt8(ascii: " ") {
            output.append(contentsOf: space)
          } else {
            output.append(byte)
          }
        }
        followsSpace = rules.removesExtraSpaces && last == UInt8(ascii: " ")
      }
    }
    if rules.removesExtraSpaces {
      // The dummy space goes too where nothing else is left.
      while output.count > start, output[start...].suffix(space.count).elementsEqual(space) {
        output.removeLast(space.count)
      }
    }
    if addsDummySpace, writesSuffix { output.append(contentsOf: space) }
  }

  private func leadingSpaceEnd(of text: Bytes) -> Int {
    var position = 0
    while position < text.count {
      var isSpace = false
      let length = withReplacement(in: text, at: position) {
        isSpace = $0.elementsEqual(CollectionOfOne(UInt8(ascii: " ")))
      }
      guard isSpace else { return position }
      position += length
    }
    return position
  }

  /// Calls `body` with what stands for the text at `position`; returns how much of it that replaces.
  ///
  /// That is a user-defined piece, the longest key of the map, or one character.
  private func withReplacement(
    in text: Bytes, at position: Int, _ body: (Slice<Bytes>) -> Void
  ) -> Int {
    var length = 0
    if !userDefined.isEmpty {
      userDefined.forEachPrefix(of: text, at: position) { matched, _ in length = matched }
    }
    if length == 0, let map = rules.map {
      var replacement: ArraySlice<UInt8> = []
      map.forEachPrefix(of: text[position...]) {
        (length, replacement) = ($0, $1)
        return true
      }
      if length > 0 {
        replacement.withUnsafeBufferPointer { body($0[...]) }
        return length
      }
    }
    if length == 0 { length = text.scalar(at: position).length }
    body(text[position..<position + length])
    return length
  }
}

extension SentencePieceFile {
  /// `▁`, U+2581.
  static let visibleSpace = Array("\u{2581}".utf8)
}
