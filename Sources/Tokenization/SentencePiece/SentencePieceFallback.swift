// SPDX-License-Identifier: Apache-2.0

/// What SentencePiece writes for text outside the vocabulary: its bytes, or one unknown-token for
/// neighbouring stretches of it.
struct SentencePieceFallback: Sendable {
  let unknown: Int32
  /// The token of each byte; empty where bytes aren't spelled.
  let byteTokens: [Int32]

  init(_ file: SentencePieceFile) {
    unknown = file.ids(of: .unknown).first ?? 0
    byteTokens = file.byteTokens
  }

  var writer: Writer { Writer(fallback: self) }

  /// Appends ids from left to right.
  struct Writer {
    fileprivate let fallback: SentencePieceFallback
    private var followsUnknown = false

    fileprivate init(fallback: SentencePieceFallback) { self.fallback = fallback }

    /// - Parameters:
    ///   - id: the token, or nil where no token is spelled so.
    ///   - text: its spelling.
    mutating func append(_ id: Int32?, spelledBy text: Bytes, to ids: inout [Int32]) {
      let isUnknown = id == nil || id == fallback.unknown
      if let id, !isUnknown {
        ids.append(id)
      } else if !fallback.byteTokens.isEmpty {
        for byte in text { ids.append(fallback.byteTokens[Int(byte)]) }
      } else if !followsUnknown {
        ids.append(fallback.unknown)
      }
      followsUnknown = isUnknown
    }
  }
}
