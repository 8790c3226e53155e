// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Tokenization

/// Each file breaks one rule; the error names it.
struct MalformedTokenizerTests {
  static let model = #""model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":[["a","b"]]}"#

  static let cases: [(json: String, error: TokenizationError)] = [
    ("", .malformedJSON(path: "t", byteOffset: 0, expected: "a value")),
    (#"{"a" 1}"#, .malformedJSON(path: "t", byteOffset: 5, expected: "a colon")),
    (#"{"a":1"#, .malformedJSON(path: "t", byteOffset: 6, expected: "a comma or a closing brace")),
    ("{} x", .malformedJSON(path: "t", byteOffset: 3, expected: "the end of the file")),
    (
      #"{"a":"\ud800x"}"#, .malformedJSON(path: "t", byteOffset: 8, expected: "a surrogate pair")
    ),
    (
      String(repeating: "[", count: 100_000),
      .malformedJSON(path: "t", byteOffset: 64, expected: "at most 64 nested values")
    ),
    ("[]", .wrongValue(path: "t", key: "", expected: "an object", found: "an array")),
    ("{}", .missingKey(path: "t", key: "model")),
    (#"{"model":{}}"#, .missingKey(path: "t", key: "model.type")),
    (#"{"model":{"type":"BPE"}}"#, .missingKey(path: "t", key: "model.vocab")),
    (
      #"{"model":{"type":"Magic"}}"#, .unsupportedPart(path: "t", key: "model", type: "Magic")
    ),
    (
      #"{"normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Nmt"}]},\#(model)}"#,
      .unsupportedPart(path: "t", key: "normalizer.normalizers[1]", type: "Nmt")
    ),
    (
      #"{"pre_tokenizer":{"type":"UnicodeScripts"},\#(model)}"#,
      .unsupportedPart(path: "t", key: "pre_tokenizer", type: "UnicodeScripts")
    ),
    (
      #"{"decoder":{"type":"CTC"},\#(model)}"#,
      .unsupportedPart(path: "t", key: "decoder", type: "CTC")
    ),
    (
      #"{"pre_tokenizer":{"type":"Split","pattern":{"Regex":"(a"},"behavior":"Isolated"},\#(model)}"#,
      .invalidPattern(path: "t", key: "pre_tokenizer.pattern.Regex", pattern: "(a")
    ),
    (
      #"{"pre_tokenizer":{"type":"Split","pattern":{"String":"a"},"behavior":"Odd"},\#(model)}"#,
      .unsupportedOption(path: "t", key: "pre_tokenizer.behavior", value: "Odd")
    ),
    (
      #"{"model":{"type":"BPE","dropout":0.1,"vocab":{},"merges":[]}}"#,
      .unsupportedOption(path: "t", key: "model.dropout", value: "0.1")
    ),
    (
      #"{"model":{"type":"BPE","vocab":{"a":-1},"merges":[]}}"#,
      .idOutOfRange(path: "t", token: "a", id: "-1")
    ),
    (
      #"{"model":{"type":"BPE","vocab":{"a":2147483648},"merges":[]}}"#,
      .idOutOfRange(path: "t", token: "a", id: "2147483648")
    ),
    (
      #"{"model":{"type":"BPE","vocab":{"a":0,"b":0},"merges":[]}}"#,
      .duplicateID(path: "t", id: 0, first: "a", second: "b")
    ),
    (
      #"{"model":{"type":"BPE","vocab":{"a":0,"a":1},"merges":[]}}"#,
      .duplicateToken(path: "t", token: "a")
    ),
    (
      #"{"model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":["a c"]}}"#,
      .absentToken(path: "t", key: "model.merges[0]", token: "c")
    ),
    (
      #"{"model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":["a b"]}}"#,
      .absentToken(path: "t", key: "model.merges[0]", token: "ab")
    ),
    (
      #"{"model":{"type":"BPE","vocab":{"a":0},"merges":["a"]}}"#,
      .wrongValue(path: "t", key: "model.merges[0]", expected: "a pair of tokens", found: "'a'")
    ),
    (
      #"{"model":{"type":"Unigram","unk_id":7,"vocab":[["a",-1]]}}"#,
      .wrongValue(path: "t", key: "model.unk_id", expected: "an id below 1", found: "7")
    ),
    (
      #"{"added_tokens":[{"id":3,"content":"a"}],\#(model)}"#,
      .conflictingID(path: "t", token: "a", modelID: 0, addedID: 3)
    ),
    (
      #"{"added_tokens":[{"id":1,"content":"c"}],\#(model)}"#,
      .duplicateID(path: "t", id: 1, first: "b", second: "c")
    ),
    (
      #"{"added_tokens":[{"id":3,"content":"c"},{"id":3,"content":"d"}],\#(model)}"#,
      .duplicateID(path: "t", id: 3, first: "c", second: "d")
    ),
    (
      #"{"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x"}}]},\#(model)}"#,
      .absentToken(path: "t", key: "post_processor.single[0].SpecialToken", token: "x")
    ),
    (
      #"{"normalizer":{"type":"Precompiled","precompiled_charsmap":"AAAA"},\#(model)}"#,
      .wrongValue(
        path: "t", key: "normalizer.precompiled_charsmap", expected: "a character map in base 64",
        found: "'malformed'")
    ),
  ]

  @Test(arguments: cases)
  func `a broken file's error names what is wrong`(json: String, error: TokenizationError) {
    #expect(throws: error) {
      try Tokenizer(tokenizerJSON: Data(json.utf8), path: "t")
    }
    #expect(error.description.hasPrefix("t: "))
    #expect(!error.description.contains("\n"))
  }

  @Test func `canonically equivalent tokens are two tokens`() throws {
    let json =
      #"{"model":{"type":"BPE","vocab":{"\u00c5":0,"A\u030a":1,"A":2,"\u030a":3},"merges":[["A","\u030a"]]}}"#
    let tokenizer = try Tokenizer(tokenizerJSON: Data(json.utf8), path: "t")
    #expect(try tokenizer.encode("\u{c5}A\u{30a}") == [0, 1])
  }

  @Test func `a model without a tokenizer is an error that names the file`() {
    #expect(
      throws:
        TokenizationError.missingFile(
          path: "m", name: "tokenizer.json, tokenizer.model or vocab.json with merges.txt")
    ) {
      try Tokenizer(path: "m") { _ in nil }
    }
  }

  @Test func `an id without a token is an error`() throws {
    let tokenizer = try Tokenizer(tokenizerJSON: Data("{\(Self.model)}".utf8), path: "t")
    #expect(try tokenizer.decode([2, 0]) == "ab a")
    #expect(throws: TokenizationError.unknownID(9)) { try tokenizer.decode([0, 9]) }
    #expect(tokenizer.vocabularySize == 3)
    #expect(tokenizer.bosToken == nil)
  }

  @Test func `an id beyond the model's embeddings is an error that names the token`() throws {
    let tokenizer = try Tokenizer(tokenizerJSON: Data("{\(Self.model)}".utf8), path: "t")
    try tokenizer.check([0, 1], embeddingCount: 2)
    #expect(
      throws: TokenizationError.tokenOutsideModel(token: "ab", id: 2, embeddingCount: 2)
    ) {
      try tokenizer.check(tokenizer.encode("aab"), embeddingCount: 2)
    }
  }

  @Test(arguments: [
    ([0x61, 0x80], 1), ([0xC0, 0xAF], 0), ([0x61, 0xE2, 0x82], 1), ([0xED, 0xA0, 0x80], 0),
    ([0x61, 0x62, 0xF4, 0x90, 0x80, 0x80], 2), ([0xE2, 0x82, 0xAC, 0xFF], 3),
    ([0xE2, 0x28, 0xA1], 0), ([0xF0, 0x9F, 0x99, 0x41], 0),
  ])
  func `malformed text is refused with the offset of its first bad byte`(
    bytes: [UInt8], offset: Int
  ) {
    #expect(throws: TokenizationError.notUTF8(path: "f", byteOffset: offset)) {
      try Tokenizer.text(from: Data(bytes), path: "f")
    }
  }
}
