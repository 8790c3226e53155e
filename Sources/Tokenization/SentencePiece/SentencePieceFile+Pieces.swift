// SPDX-License-Identifier: Apache-2.0

extension SentencePieceFile {
  /// The ids of the pieces of a kind, in order.
  func ids(of kind: Kind) -> [Int32] {
    pieces.indices.filter { pieces[$0].kind == kind }.map(Int32.init(truncatingIfNeeded:))
  }

  /// The pieces that text can spell.
  var spelledPieces: [(text: String, id: Int32, kind: Kind)] {
    pieces.enumerated().compactMap { index, piece in
      switch piece.kind {
      case .normal, .userDefined, .unused:
        (piece.text, Int32(truncatingIfNeeded: index), piece.kind)
      case .unknown, .control, .byte: nil
      }
    }
  }

  /// The spellings of the pieces of a kind, with their ids.
  func trie(of kind: Kind) -> ByteTrie {
    ids(of: kind).reduce(into: ByteTrie()) { $0.insert(pieces[Int($1)].text.utf8, $1) }
  }

  /// The token of each byte; empty where characters outside the vocabulary aren't spelled by bytes.
  var byteTokens: [Int32] {
    guard fallsBackToBytes else { return [] }
    var tokens = Array(repeating: Int32(0), count: 256)
    for id in ids(of: .byte) {
      if let byte = ByteToken.byte(of: pieces[Int(id)].text) { tokens[Int(byte)] = id }
    }
    return tokens
  }

  /// The tokens that text is framed by, where they are control tokens.
  func controlToken(_ text: String) -> Int32? {
    ids(of: .control).first { pieces[Int($0)].text.utf8.elementsEqual(text.utf8) }
  }

  /// Every piece, by id.
  ///
  /// - Throws: ``TokenizationError/duplicateToken(path:token:)``
  func vocabulary() throws -> Vocabulary {
    try Vocabulary(
      pieces.enumerated().map { ($1.text, Int32(truncatingIfNeeded: $0)) }, path: path)
  }

  /// Checks what SentencePiece itself insists on.
  ///
  /// - Throws: ``TokenizationError/wrongValue(path:key:expected:found:)``,
  ///   ``TokenizationError/missingKey(path:key:)``
  func checkPieces() throws {
    let unknown = ids(of: .unknown).count
    guard unknown == 1 else {
      throw TokenizationError.wrongValue(
        path: path, key: "pieces", expected: "one of type UNKNOWN", found: "\(unknown) of them")
    }
    let bytes = Set(ids(of: .byte).map { ByteToken.byte(of: pieces[Int($0)].text) })
    guard bytes.count == (fallsBackToBytes ? 256 : 0) else {
      throw TokenizationError.wrongValue(
        path: path, key: "pieces",
        expected: fallsBackToBytes ? "256 of type BYTE" : "none of type BYTE without byte_fallback",
        found: "\(bytes.count) of them")
    }
  }
}
