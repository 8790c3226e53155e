// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import Tokenization

/// Ids and texts that SentencePiece gave; see Tests/Fixtures/tokenizers/README.md.
struct SentencePieceTests {
  static let models = [
    "llama-bpe", "bpe-rules", "bpe-no-prefix", "unigram-nmt", "unigram-bytes", "unigram-suffix",
  ]

  static func folder(_ model: String) -> URL {
    Fixtures.folder.appending(path: "tokenizers/sentencepiece/\(model)")
  }

  static func modelFile(_ model: String) throws -> Data {
    try Data(contentsOf: folder(model).appending(path: "tokenizer.model"))
  }

  @Test(arguments: models)
  func `a SentencePiece model gives SentencePiece's ids and texts`(model: String) throws {
    let tokenizer = try Tokenizer(at: Self.folder(model).path)
    let file = Self.folder(model).appending(path: "golden.json")
    let entries = try JSONDecoder().decode(
      [GoldenTests.Entry].self, from: Data(contentsOf: file))
    #expect(entries.count >= 57)
    for entry in entries { try entry.check(tokenizer, model) }
  }

  @Test func `the file alone is a tokenizer too`() throws {
    let folder = Self.folder("unigram-nmt")
    let tokenizer = try Tokenizer(at: folder.appending(path: "tokenizer.model").path)
    #expect(
      try tokenizer.encode("Hello, World!") == Tokenizer(at: folder.path).encode("Hello, World!"))
  }
}
