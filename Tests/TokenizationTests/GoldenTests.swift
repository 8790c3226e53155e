// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import Tokenization

/// Ids and texts that the reference library gave; see Tests/Fixtures/tokenizers/README.md.
struct GoldenTests {
  static let kinds = [
    "llama3", "qwen2", "phi2", "gpt-neox", "falcon", "llama2", "mistral", "gemma", "unigram",
  ]

  struct Entry: Decodable {
    var text: String
    var ids: [Int32]
    var ids_without_special: [Int32]
    var decoded: String
  }

  static func tokenizer(_ kind: String) throws -> Tokenizer {
    try Tokenizer(at: Fixtures.folder.appending(path: "tokenizers/\(kind)").path)
  }

  @Test(arguments: kinds)
  func `every golden text gives the reference's ids and comes back as it did there`(kind: String)
    throws
  {
    let tokenizer = try Self.tokenizer(kind)
    let file = Fixtures.folder.appending(path: "tokenizers/\(kind)/golden.json")
    let entries = try JSONDecoder().decode([Entry].self, from: Data(contentsOf: file))
    #expect(entries.count == 25)
    for entry in entries {
      #expect(try tokenizer.encode(entry.text) == entry.ids, "\(entry.text.debugDescription)")
      let plain = try tokenizer.encode(entry.text, addingSpecialTokens: false)
      #expect(plain == entry.ids_without_special, "\(entry.text.debugDescription)")
      let decoded = try tokenizer.decode(entry.ids_without_special)
      #expect(Array(decoded.utf8) == Array(entry.decoded.utf8), "\(entry.text.debugDescription)")
    }
  }

  struct Reference: Decodable {
    var tokens_in_text: Int
    var first_ids: [Int32]
    var last_ids: [Int32]
  }

  @Test func `the trained model's text gives the reference's ids`() throws {
    let tokenizer = try Tokenizer(at: Fixtures.trainedModel.path)
    let file = Fixtures.repository.appending(path: "examples/eval.txt")
    let golden = try JSONDecoder().decode(
      Reference.self,
      from: Data(contentsOf: Fixtures.folder.appending(path: "ref-llama-golden.json")))
    let ids = try tokenizer.encode(Tokenizer.text(from: Data(contentsOf: file), path: file.path))
    #expect(ids.count == golden.tokens_in_text)
    #expect(Array(ids.prefix(golden.first_ids.count)) == golden.first_ids)
    #expect(Array(ids.suffix(golden.last_ids.count)) == golden.last_ids)
    #expect(tokenizer.bosToken == golden.first_ids.first)
  }
}
