// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite struct BenchTests {
  /// The keys that other programs rely on, and what tells how a figure came about.
  private struct Measured: Decodable {
    var prompt_tokens_per_second: Double
    var generate_tokens_per_second: Double
    var time_to_first_token_seconds: Double
    var time_per_output_token_seconds: Double
    var latency_seconds: Double
    var throughput_tokens_per_second: Double
    var peak_memory_bytes: Int
    var cache_bytes: Int
    var prompt_tokens: Int
    var generate_tokens: Int
    var batch: Int
    var repetitions: Int
    var arithmetic: String
    var spread: [String: [Double]]
  }

  private func bench(_ arguments: String...) throws -> Program.Outcome {
    try Program.run(
      ["bench", Fixtures.trainedModel.path, "--generate-tokens", "3", "--repetitions", "1"]
        + arguments)
  }

  private func measured(_ arguments: String...) throws -> Measured {
    let outcome = try Program.run(
      [
        "bench", Fixtures.trainedModel.path, "--generate-tokens", "3", "--repetitions", "1",
        "--json",
      ] + arguments)
    #expect(outcome.status == 0)
    return try JSONDecoder().decode(Measured.self, from: Data(outcome.output.utf8))
  }

  @Test func `the document has the figures that other programs read`() throws {
    let found = try measured("--prompt-tokens", "5", "--batch", "2", "--arithmetic", "fast")
    #expect(found.prompt_tokens == 5 && found.generate_tokens == 3)
    #expect(found.batch == 2 && found.repetitions == 1 && found.arithmetic == "fast")
    #expect(found.cache_bytes > 0 && found.peak_memory_bytes > found.cache_bytes)
    #expect(found.time_to_first_token_seconds <= found.latency_seconds)
    for (key, ends) in found.spread { #expect(ends.count == 2 && ends[0] <= ends[1], "\(key)") }
    #expect(Set(found.spread.keys).isSuperset(of: ["latency_seconds", "prompt_tokens_per_second"]))
  }

  @Test func `a real prompt is counted by its tokens`() throws {
    let found = try measured("--prompt", "The little boat")
    #expect(found.prompt_tokens > 1 && found.prompt_tokens < 10)
    #expect(found.batch == 1 && found.arithmetic == "exact")
  }

  @Test(arguments: [
    ["--batch", "0"], ["--prompt-tokens", "0"], ["--generate-tokens", "0"], ["--repetitions", "0"],
    ["--arithmetic", "slow"], ["--threads", "0"], ["--batch", "two"],
  ])
  func `options out of range are wrong usage`(arguments: [String]) throws {
    let outcome = try Program.run(["bench", Fixtures.trainedModel.path] + arguments)
    #expect(outcome.status == 64)
    #expect(outcome.error.contains(arguments[0]))
  }

  @Test func `prompts and what is added must fit the context`() throws {
    let outcome = try bench("--prompt-tokens", "1023")
    #expect(outcome.status == 1)
    #expect(outcome.error.contains("1025 tokens exceeds the model's 1024 positions"))
  }
}
