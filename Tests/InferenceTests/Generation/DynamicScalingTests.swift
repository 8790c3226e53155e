// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import Inference

/// Generation beyond the trained length where the angles change with the text's length.
@Suite struct DynamicScalingTests {
  private struct Golden: Decodable {
    var rope_theta: Double
    var trained: Int
    var factor: Double
    var prompts: [[Int32]]
    var cached: [[Int32]]
    var whole: [[Int32]]
  }

  private let golden: Golden
  private let decoder: Decoder

  init() throws {
    let file = Fixtures.folder.appending(path: "rope/dynamic-generation.json")
    golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
    decoder = try Decoder(
      AlteredModel(Fixtures.folder.appending(path: "families/llama")).configured([
        "max_position_embeddings": golden.trained, "rope_theta": golden.rope_theta,
        "rope_scaling": ["type": "dynamic", "factor": golden.factor],
      ]), threads: 2)
  }

  @Test func `keys in a cache keep the angles that they were made with, as in Transformers`() throws
  {
    let generator = Generator(
      decoder, capacity: Generator.Capacity(length: 96, sequenceCount: golden.prompts.count))
    let requests = zip(golden.prompts, golden.cached).map {
      GenerationRequest(prompt: $0, tokenLimit: $1.count)
    }
    #expect(try generator.tokens(of: requests) == golden.cached)
  }

  @Test func `a whole window has one set of angles, as in Transformers without a cache`() throws {
    for (prompt, expected) in zip(golden.prompts, golden.whole) {
      #expect(try decoder.greedyContinuation(of: prompt, count: expected.count) == expected)
    }
    // Within the trained length the two are the same, beyond they are not.
    #expect(golden.cached[0] == golden.whole[0])
    #expect(golden.cached.dropFirst() != golden.whole.dropFirst())
  }
}
