// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors
import TestSupport
import Testing

@testable import Tokenization

/// Damages valid tokenizers at random: whatever comes out is refused with an error or can be used.
///
/// `HALFTONE_FUZZ_CASES` sets the number of cases and `HALFTONE_FUZZ_SEED` the first seed. Case i has
/// the seed first + i, and a failure prints it, so that it can be repeated alone.
@Suite struct TokenizerMutationTests {
  /// Enough that each kind of mutation meets each kind of file many times.
  private static let defaultCaseCount = 2000

  private static let text = "Hello,  wörld!\n日本 🙂 it's 123\t<x> [MASK] and<0x41>▁a"

  /// Calls `open` with a damaged file for each seed, and uses what it returns.
  private func run(_ open: (UInt64) throws -> Tokenizer) throws {
    let seeds = MutationSeeds.range(default: Self.defaultCaseCount)
    var opened = 0
    for seed in seeds {
      do {
        let tokenizer = try open(UInt64(bitPattern: Int64(seed)))
        opened += 1
        _ = try tokenizer.decode(tokenizer.encode(Self.text, addingSpecialTokens: false))
      } catch let error as TokenizationError {
        if error.description.contains("\n") {
          Issue.record("seed \(seed): the message is not one line: \(error)")
        }
      }
    }
    // Both outcomes must be met, or the mutations are too mild or too wild to tell anything.
    #expect(opened > seeds.count / 100 && opened < seeds.count)
  }

  @Test func `a damaged tokenizer.json is refused with an error or can be used`() throws {
    let file = Fixtures.folder.appending(path: "tokenizers/parts.json")
    let valid = try Data(contentsOf: file).split(separator: UInt8(ascii: "\n")).compactMap { line in
      line.firstRange(of: Data("\"tokenizer\":".utf8)).flatMap { start in
        line.firstRange(of: Data(",\"golden\":".utf8)).map { end in
          Array(line[start.upperBound..<end.lowerBound])
        }
      }
    }
    #expect(valid.count == 59)
    try run { seed in
      var mutation = TokenizerMutation(seed: seed)
      let data = mutation.json(of: valid[Int(seed % UInt64(valid.count))])
      return try Tokenizer(tokenizerJSON: data, path: "t")
    }
  }

  @Test func `a damaged tokenizer.model is refused with an error or can be used`() throws {
    let valid = try ["llama-bpe", "bpe-rules", "unigram-bytes", "unigram-suffix"].map {
      Array(try SentencePieceTests.modelFile($0))
    }
    let configuration = try TokenizerConfiguration(path: "t") { _ in nil }
    try run { seed in
      var mutation = TokenizerMutation(seed: seed)
      let data = mutation.model(of: valid[Int(seed % UInt64(valid.count))])
      return try Tokenizer(sentencePiece: data, path: "t", configuration: configuration)
    }
  }
}
