// SPDX-License-Identifier: Apache-2.0

/// Rewrites text before it is cut into pieces.
///
/// Implementations work on scalars or bytes, never on `Character` comparisons: those take
/// canonically equivalent strings for equal.
protocol Normalizer: Sendable {
  func normalize(_ text: String) throws -> String
}

/// The implemented normalizers, by type.
enum Normalizers {
  static let registry = PartRegistry<any Normalizer>([
    "BertNormalizer": BertNormalizer.init,
    "ByteLevel": ByteLevelNormalizer.init,
    "Lowercase": LowercaseNormalizer.init,
    "NFC": { _ in UnicodeNormalizer.canonicalComposition },
    "NFD": { _ in UnicodeNormalizer.canonicalDecomposition },
    "NFKC": { _ in UnicodeNormalizer.compatibilityComposition },
    "NFKD": { _ in UnicodeNormalizer.compatibilityDecomposition },
    "Precompiled": PrecompiledNormalizer.init,
    "Prepend": PrependNormalizer.init,
    "Replace": ReplaceNormalizer.init,
    "Sequence": NormalizerSequence.init,
    "Strip": StripNormalizer.init,
    "StripAccents": StripAccentsNormalizer.init,
  ])
}

/// Several normalizers, one after the other.
struct NormalizerSequence: Normalizer {
  private let members: [any Normalizer]

  init(_ part: Part) throws {
    members = try part.parts("normalizers").map(Normalizers.registry.read)
  }

  func normalize(_ text: String) throws -> String {
    try members.reduce(text) { try $1.normalize($0) }
  }
}
