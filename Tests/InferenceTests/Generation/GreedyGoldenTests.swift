// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import TestSupport
import Testing

@testable import Inference

@Suite struct GreedyGoldenTests {
  private struct Case: Decodable {
    var prompt: [Int32]
    var repetition_penalty: Double
    var tokens: [Int32]
  }

  @Test func `the trained model goes on as Transformers does`() throws {
    let data = try Data(contentsOf: Fixtures.folder.appending(path: "ref-llama-greedy.json"))
    let cases = try JSONDecoder().decode([Case].self, from: data)
    let source = try SafetensorsModel(path: Fixtures.trainedModel.path)
    let ends = try GenerationDefaults(of: source).endTokens
    #expect(ends == [1])
    let generator = try Generator(
      Decoder(source, threads: 2), capacity: Generator.Capacity(length: 200, sequenceCount: 3))
    let found = try generator.tokens(
      of: cases.map {
        GenerationRequest(
          prompt: $0.prompt,
          sampling: try SamplingOptions(temperature: 0, repetitionPenalty: $0.repetition_penalty),
          tokenLimit: 40, endTokens: ends)
      })
    #expect(found == cases.map(\.tokens))
    #expect(cases.count == 8)
  }
}
