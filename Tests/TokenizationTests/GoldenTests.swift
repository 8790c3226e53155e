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
    var plainIDs: [Int32]
    var decoded: String

    enum CodingKeys: String, CodingKey {
      case text, ids, decoded
      case plainIDs = "ids_without_special"
    }

    /// Encodes and decodes, and compares byte for byte.
    func check(_ tokenizer: Tokenizer, _ name: String) throws {
      let place = "\(name): \(text.debugDescription)"
      #expect(try tokenizer.encode(text) == ids, "\(place)")
      #expect(try tokenizer.encode(text, addingSpecialTokens: false) == plainIDs, "\(place)")
      #expect(try Array(tokenizer.decode(plainIDs).utf8) == Array(decoded.utf8), "\(place)")
    }
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
    for entry in entries { try entry.check(tokenizer, kind) }
  }

  @Test(arguments: [("parts.json", 59), ("published.json", 13)])
  func `every type of part and every family's way gives the reference's ids and texts`(
    name: String, count: Int
  ) throws {
    let file = Fixtures.folder.appending(path: "tokenizers/\(name)")
    guard case .array(let cases) = try JSONReader.read(Data(contentsOf: file), path: file.path)
    else { throw TokenizationError.missingFile(path: file.path, name: "an array") }
    let goldens = try JSONDecoder().decode([PartCase].self, from: Data(contentsOf: file))
    #expect(cases.count == count)
    for (document, golden) in zip(cases, goldens) {
      let tokenizer = try Tokenizer(
        document: #require(document["tokenizer"]), path: golden.name)
      for entry in golden.golden { try entry.check(tokenizer, golden.name) }
    }
  }

  struct PartCase: Decodable {
    var name: String
    var golden: [Entry]
  }

  struct Reference: Decodable {
    var tokenCount: Int
    var firstIDs: [Int32]
    var lastIDs: [Int32]

    enum CodingKeys: String, CodingKey {
      case tokenCount = "tokens_in_text"
      case firstIDs = "first_ids"
      case lastIDs = "last_ids"
    }
  }

  @Test func `the trained model's text gives the reference's ids`() throws {
    let tokenizer = try Tokenizer(at: Fixtures.trainedModel.path)
    let file = Fixtures.repository.appending(path: "examples/eval.txt")
    let golden = try JSONDecoder().decode(
      Reference.self,
      from: Data(contentsOf: Fixtures.folder.appending(path: "ref-llama-golden.json")))
    let ids = try tokenizer.encode(Tokenizer.text(from: Data(contentsOf: file), path: file.path))
    #expect(ids.count == golden.tokenCount)
    #expect(Array(ids.prefix(golden.firstIDs.count)) == golden.firstIDs)
    #expect(Array(ids.suffix(golden.lastIDs.count)) == golden.lastIDs)
    #expect(tokenizer.bosToken == golden.firstIDs.first)
  }
}
