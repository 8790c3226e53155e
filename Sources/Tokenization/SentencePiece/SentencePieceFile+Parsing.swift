// SPDX-License-Identifier: Apache-2.0

import Foundation

extension SentencePieceFile {
  /// Reads the message; fields without a meaning here are passed over.
  ///
  /// - Throws: ``TokenizationError``
  package init(_ data: Data, path: String) throws {
    self.path = path
    let file = Array(data)
    var reader = WireReader(file, path: path)
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (1, .bytes(let range)):
        pieces.append(try piece(file, range))
      case (2, .bytes(let range)): try readTrainer(file, range)
      case (3, .bytes(let range)): normalization = try normalization(file, range, "normalizer_spec")
      case (5, .bytes(let range)):
        denormalization = try normalization(file, range, "denormalizer_spec")
      default: break
      }
    }
  }

  private func piece(_ file: [UInt8], _ range: Range<Int>) throws -> Piece {
    let key = "pieces[\(pieces.count)]"
    var piece = Piece()
    var reader = WireReader(file, in: range, path: path)
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (1, .bytes(let range)): piece.text = try text(file, range)
      case (2, .fixed32(let bits)):
        piece.score = Float(bitPattern: bits)
        guard piece.score.isFinite else {
          throw wrong("\(key).score", expected: "a finite number", found: "\(piece.score)")
        }
      case (3, .varint(let number)):
        guard let kind = Kind(rawValue: number) else {
          throw wrong("\(key).type", expected: "a type from 1 to 6", found: "\(number)")
        }
        piece.kind = kind
      default: break
      }
    }
    guard !piece.text.utf8.isEmpty else {
      throw wrong("\(key).piece", expected: "a token that isn't empty", found: "''")
    }
    if piece.kind == .byte, ByteToken.byte(of: piece.text) == nil {
      throw wrong("\(key).piece", expected: "the spelling of a byte", found: piece.text.quoted)
    }
    return piece
  }

  private mutating func readTrainer(_ file: [UInt8], _ range: Range<Int>) throws {
    var reader = WireReader(file, in: range, path: path)
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (3, .varint(let number)):
        guard let type = ModelType(rawValue: number) else {
          throw wrong("trainer_spec.model_type", expected: "a type from 1 to 4", found: "\(number)")
        }
        modelType = type
      case (24, .varint(let number)): treatsSpaceAsSuffix = number != 0
      case (35, .varint(let number)): fallsBackToBytes = number != 0
      case (44, .bytes(let range)): unknownSurface = try text(file, range)
      case (46, .bytes(let range)): beginningPiece = try text(file, range)
      case (47, .bytes(let range)): endPiece = try text(file, range)
      default: break
      }
    }
  }

  private func normalization(_ file: [UInt8], _ range: Range<Int>, _ key: String) throws
    -> Normalization
  {
    var result = Normalization()
    var reader = WireReader(file, in: range, path: path)
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (2, .bytes(let range)) where !range.isEmpty:
        guard let map = CharacterMap(file[range]) else {
          throw wrong(
            "\(key).precompiled_charsmap", expected: "a character map", found: "malformed")
        }
        result.map = map
      case (3, .varint(let number)): result.addsDummySpace = number != 0
      case (4, .varint(let number)): result.removesExtraSpaces = number != 0
      case (5, .varint(let number)): result.escapesSpaces = number != 0
      default: break
      }
    }
    return result
  }

  private func text(_ file: [UInt8], _ range: Range<Int>) throws -> String {
    let bytes = Array(file[range])
    if let offset = UTF8Check.firstMalformedByte(of: bytes) {
      throw TokenizationError.notUTF8(path: path, byteOffset: range.lowerBound + offset)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func wrong(_ key: String, expected: String, found: String) -> TokenizationError {
    .wrongValue(path: path, key: key, expected: expected, found: found)
  }
}
