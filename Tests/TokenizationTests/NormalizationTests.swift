// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Tokenization

/// Places where Foundation's normalization and the reference library's differ.
struct NormalizationTests {
  static func scalars(_ text: String) -> [UInt32] { text.unicodeScalars.map(\.value) }

  @Test func `old Hangul letters do not compose`() {
    let text = "\u{1113}\u{116E}"
    let composed = UnicodeNormalizer.canonicalComposition.normalize(text)
    #expect(Self.scalars(composed) == [0x1113, 0x116E])
  }

  @Test func `half-width Hangul letters compose into syllables`() {
    let composed = UnicodeNormalizer.compatibilityComposition.normalize("\u{FFB2}\u{FFC2}\u{FFA1}")
    #expect(Self.scalars(composed) == [0xBC14, 0x1100])
  }

  @Test(arguments: [
    ("e\u{301}", [0xE9]), ("a\u{307}\u{323}", [0x1EA1, 0x307]),
    ("\u{1100}\u{1161}\u{11A8}", [0xAC01]),
    ("\u{1E69}", [0x1E69]), ("\u{212B}", [0xC5]), ("\u{FB1D}", [0x5D9, 0x5B4]),
    ("a\u{5AE}\u{300}", [0xE0, 0x5AE]), ("\u{F73}\u{F72}", [0xF71, 0xF72, 0xF72]),
    ("\u{1109A}\u{110BA}", [0x1109A, 0x110BA]), ("\u{11099}\u{110BA}", [0x1109A]),
  ])
  func `canonical composition follows its definition`(text: String, expected: [UInt32]) {
    #expect(Self.scalars(UnicodeNormalizer.canonicalComposition.normalize(text)) == expected)
  }

  @Test func `marks younger than Unicode 9 part the text`() {
    let text = "e\u{8D3}\u{301}"
    let composed = UnicodeNormalizer.canonicalComposition.normalize(text)
    #expect(Self.scalars(composed) == Self.scalars(text))
  }

  @Test func `marks out of a compatibility mapping are sorted among those that follow`() {
    let text = UnicodeNormalizer.compatibilityDecomposition.normalize("\u{FC5E}\u{5BC}")
    #expect(Self.scalars(text) == [0x20, 0x5BC, 0x64C, 0x651])
  }

  @Test func `a decimal fraction is its digits over a power of ten`() throws {
    let value = try JSONReader.read(.init("-7.2341572735073765".utf8), path: "t")
    guard case .number(let number) = value else {
      Issue.record("not a number")
      return
    }
    #expect(number == -72_341_572_735_073_765.0 / 1e16)
    #expect(number == -7.234157273507376)
  }
}
