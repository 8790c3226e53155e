// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import Inference

/// Every family, and every rarer option that a variant shows: generation from a paged cache, several
/// sequences at a time, against evaluating the whole text for every token.
@Suite struct FamilyGenerationTests {
  static let models =
    GoldenLogitsTests.families.map { "families/\($0)" } + GoldenLogitsTests.variants

  /// Prompts of lengths on both sides of a block's and of the windows that these models have; the last
  /// two begin like the one before them.
  static func prompts(vocabularySize: Int) -> [[Int32]] {
    var random = SeededGenerator(seed: 5)
    func tokens(_ count: Int) -> [Int32] {
      (0..<count).map { _ in Int32.random(in: 0..<Int32(vocabularySize), using: &random) }
    }
    let long = tokens(53)
    let alike = [Array(long.prefix(40)) + tokens(5), Array(long.prefix(32))]
    return [tokens(3), tokens(16), long] + alike
  }

  @Test(arguments: models)
  func `batched generation from a cache gives the tokens of whole windows`(model: String) throws {
    let decoder = try Decoder(
      AlteredModel(Fixtures.folder.appending(path: model)), threads: 2)
    let prompts = Self.prompts(vocabularySize: decoder.vocabularySize).filter {
      $0.count + 24 <= decoder.contextLength
    }
    let generator = Generator(
      decoder, capacity: Generator.Capacity(length: 100, sequenceCount: 3))
    // More than fit side by side, of different lengths: they join and leave between steps.
    let requests = prompts.enumerated().map { index, prompt in
      GenerationRequest(prompt: prompt, tokenLimit: 24 - 3 * index)
    }
    let found = try generator.tokens(of: requests)
    for (request, tokens) in zip(requests, found) {
      #expect(
        try tokens
          == decoder.greedyContinuation(of: request.prompt, count: request.tokenLimit))
    }
    #expect(generator.cacheByteCount == 0)
  }
}
