// SPDX-License-Identifier: Apache-2.0

import Conversion
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

  @Test(arguments: [
    ("families/llama", Compute.bf16), ("families/deepseek-v3", .bf16),
    ("bitsandbytes/models/int8", .llmInt8),
  ])
  func `rounded activations give the tokens of whole windows too`(model: String, compute: Compute)
    throws
  {
    // Outliers would count for a whole window, but only for one token of a cached sequence; these
    // models have none.
    let decoder = try Decoder(
      openModel(at: Fixtures.folder.appending(path: model).path), threads: 2,
      productRule: .coded(.exact), compute: compute)
    let prompt: [Int32] = [5, 9, 30, 2, 17, 11]
    let generator = Generator(
      decoder, capacity: Generator.Capacity(length: 40, sequenceCount: 2))
    let request = GenerationRequest(prompt: prompt, tokenLimit: 12)
    let expected = try decoder.greedyContinuation(of: prompt, count: 12)
    #expect(try generator.tokens(of: [request, request]) == [expected, expected])
  }
}
