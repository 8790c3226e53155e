// SPDX-License-Identifier: Apache-2.0

import Foundation

/// SentencePiece's `tokenizer.model`, from the tokens and scores of a file.
///
/// Field numbers are those of `sentencepiece_model.proto`.
struct GGUFSentencePiece {
  private(set) var message = Data()

  /// - Throws: ``GGUFError`` where there is no score for each token.
  init(_ metadata: GGUFMetadata, tokens: GGUFTokens) throws {
    let key = "tokenizer.ggml.scores"
    let scores = try metadata.floats(key) ?? []
    guard scores.count == tokens.texts.count else {
      throw metadata.wrong(
        key, expected: "\(tokens.texts.count) numbers", found: "\(scores.count) of them")
    }
    for (id, text) in tokens.texts.enumerated() {
      var piece = Data()
      // The format's writer spells the spaces of these tokens out.
      let spelling =
        tokens.kinds[id] == .userDefined
        ? text.replacingOccurrences(of: " ", with: "\u{2581}") : text
      piece.append(text: spelling, field: 1)
      piece.append(float: scores[id], field: 2)
      piece.append(number: UInt64(Self.kind(of: id, tokens).rawValue), field: 3)
      message.append(bytes: piece, field: 1)
    }
    var trainer = Data()
    let bytePair: UInt64 = 2
    trainer.append(number: bytePair, field: 3)
    trainer.append(number: tokens.kinds.contains(.byte) ? 1 : 0, field: 35)
    if let id = tokens.beginning { trainer.append(text: tokens.texts[id], field: 46) }
    if let id = tokens.end { trainer.append(text: tokens.texts[id], field: 47) }
    message.append(bytes: trainer, field: 2)
    var normalizer = Data()
    let addsSpace = try metadata.flag("tokenizer.ggml.add_space_prefix") ?? true
    let removesSpaces = try metadata.flag("tokenizer.ggml.remove_extra_whitespaces") ?? false
    normalizer.append(number: addsSpace ? 1 : 0, field: 3)
    normalizer.append(number: removesSpaces ? 1 : 0, field: 4)
    normalizer.append(number: 1, field: 5)
    message.append(bytes: normalizer, field: 3)
  }
}

extension GGUFSentencePiece {
  /// What a token is for in a SentencePiece model, which has exactly one that stands for unknown text.
  ///
  /// Some files call that one a control token and name its id, or leave it to be the first.
  private static func kind(of id: Int, _ tokens: GGUFTokens) -> GGUFTokens.Kind {
    let unknown = tokens.unknown ?? tokens.kinds.firstIndex(of: .unknown) ?? 0
    if id == unknown { return .unknown }
    return tokens.kinds[id] == .unknown ? .control : tokens.kinds[id]
  }
}

/// Fields of a Protocol Buffers message.
extension Data {
  fileprivate mutating func append(varint: UInt64) {
    var rest = varint
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  fileprivate mutating func append(number: UInt64, field: UInt64) {
    append(varint: field << 3)
    append(varint: number)
  }

  fileprivate mutating func append(float: Float, field: UInt64) {
    append(varint: field << 3 | 5)
    Swift.withUnsafeBytes(of: float.bitPattern.littleEndian) { append(contentsOf: $0) }
  }

  fileprivate mutating func append(bytes: Data, field: UInt64) {
    append(varint: field << 3 | 2)
    append(varint: UInt64(bytes.count))
    append(bytes)
  }

  fileprivate mutating func append(text: String, field: UInt64) {
    append(bytes: Data(text.utf8), field: field)
  }
}
