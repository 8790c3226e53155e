// SPDX-License-Identifier: Apache-2.0

/// Turns tokens back into text.
protocol Decoder: Sendable {
  /// Rewrites the list of tokens; what is left at the end is joined.
  func decode(_ tokens: [String]) throws -> [String]
}

/// The implemented decoders, by type.
enum Decoders {
  static let registry = PartRegistry<any Decoder>([
    "BPEDecoder": SuffixDecoder.init,
    "ByteFallback": ByteFallbackDecoder.init,
    "ByteLevel": ByteLevelDecoder.init,
    "Fuse": FuseDecoder.init,
    "Metaspace": MetaspaceDecoder.init,
    "Replace": ReplaceNormalizer.init,
    "Sequence": DecoderSequence.init,
    "Strip": StripDecoder.init,
    "WordPiece": WordPieceDecoder.init,
  ])
}

/// Several decoders, one after the other.
struct DecoderSequence: Decoder {
  private let members: [any Decoder]

  init(_ part: Part) throws { members = try part.parts("decoders").map(Decoders.registry.read) }

  func decode(_ tokens: [String]) throws -> [String] {
    try members.reduce(tokens) { try $1.decode($0) }
  }
}
