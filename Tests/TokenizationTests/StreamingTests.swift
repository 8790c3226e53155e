// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import Tokenization

@Suite struct StreamingTests {
  private func tokenizer() throws -> Tokenizer {
    try Tokenizer(at: Fixtures.trainedModel.path)
  }

  @Test(arguments: ["plain words and more", "é🕛漢字 x", "a\u{301}\u{200D}🏳️‍🌈 end"])
  func `pieces join to the text, and none ends in the middle of a character`(text: String) throws {
    let tokenizer = try tokenizer()
    let prompt = try tokenizer.encode("The start", addingSpecialTokens: false)
    var stream = TextStream(after: prompt, with: tokenizer)
    var pieces: [String] = []
    for id in try tokenizer.encode(" " + text, addingSpecialTokens: false) {
      pieces.append(try stream.append(id))
    }
    pieces.append(try stream.finish())
    #expect(pieces.joined() == " " + text)
    #expect(pieces.allSatisfy { !$0.unicodeScalars.contains("\u{FFFD}") })
  }

  @Test func `a stop string is found across pieces, and nothing of it is given`() {
    var stops = StopStrings(["END", "\n\n"])
    #expect(stops.append("one E") == "one ")
    #expect(stops.append("N") == "")
    #expect(stops.append("d ") == "ENd ")
    #expect(stops.append("\n") == "")
    #expect(!stops.isFound)
    #expect(stops.append("\nmore END") == "")
    #expect(stops.isFound)
    #expect(stops.append("x") == "")
    #expect(stops.finish() == "")
  }

  @Test func `what was held back comes at the end`() {
    var stops = StopStrings(["abc"])
    #expect(stops.append("xab") == "x")
    #expect(stops.finish() == "ab")
    #expect(!stops.isFound)
  }

  @Test func `the string that comes first ends the text`() {
    var stops = StopStrings(["later", "é"])
    #expect(stops.append("caf\u{E9} later") == "caf")
    #expect(stops.isFound)
  }
}
