// SPDX-License-Identifier: Apache-2.0

/// Writes pieces as the text that they stand for, as SentencePiece does.
///
/// Control tokens are nothing, bytes that form no UTF-8 are one U+FFFD each, and the space that was
/// written before the text goes again.
struct SentencePieceDecoder: Decoder {
  /// The kinds of pieces that don't stand for their spelling.
  private let kinds: ByteTable
  private let unknownSurface: String
  private let rules: SentencePieceFile.Normalization
  private let denormalizer: SentencePieceNormalizer?

  init(_ file: SentencePieceFile) {
    kinds = file.pieces.reduce(into: ByteTable()) { table, piece in
      switch piece.kind {
      case .control, .unknown, .byte: _ = table.insert(piece.text, Int32(piece.kind.rawValue))
      case .normal, .userDefined, .unused: break
      }
    }
    unknownSurface = file.unknownSurface
    rules = file.normalization
    denormalizer = file.denormalization.map { SentencePieceNormalizer($0) }
  }

  func decode(_ tokens: [String]) throws -> [String] {
    var text: [UInt8] = []
    var bytes: [UInt8] = []
    var dropsSpace = rules.addsDummySpace || rules.removesExtraSpaces
    var droppedDummy = false
    for token in tokens {
      let kind = kinds[token].flatMap { SentencePieceFile.Kind(rawValue: UInt64($0)) }
      if kind == .byte, let byte = ByteToken.byte(of: token) {
        bytes.append(byte)
        continue
      }
      Self.append(&bytes, to: &text)
      if droppedDummy || !text.isEmpty { dropsSpace = false }
      droppedDummy = false
      switch kind {
      case .control: break
      case .unknown: text.append(contentsOf: unknownSurface.utf8)
      default:
        let start = dropsSpace && token.utf8.starts(with: SentencePieceFile.visibleSpace) ? 1 : 0
        // Where extra spaces are removed, all at the start go.
        droppedDummy = start > 0 && !rules.removesExtraSpaces
        let spelling = String(token.unicodeScalars.dropFirst(start))
        text.append(contentsOf: spelling.replacingBytes(of: "\u{2581}", with: " ").utf8)
      }
    }
    Self.append(&bytes, to: &text)
    guard let denormalizer else { return [String(decoding: text, as: UTF8.self)] }
    var result: [UInt8] = []
    text.withUnsafeBufferPointer { denormalizer.normalize($0, into: &result) }
    return [String(decoding: result, as: UTF8.self)]
  }

  /// Moves a run of bytes to the end of the text.
  private static func append(_ bytes: inout [UInt8], to text: inout [UInt8]) {
    var position = 0
    while position < bytes.count {
      let length = UTF8Check.sequenceLength(lead: bytes[position])
      let character = Array(bytes[position...].prefix(length))
      if length > 0, character.count == length, UTF8Check.firstMalformedByte(of: character) == nil {
        text.append(contentsOf: character)
        position += length
      } else {
        text.append(contentsOf: "\u{FFFD}".utf8)
        position += 1
      }
    }
    bytes.removeAll(keepingCapacity: true)
  }
}
