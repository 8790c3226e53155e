// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// `--compute`, and that every output names it.
@Suite struct ComputeOptionTests {
  private struct Measured: Decodable {
    var mean_nll: Double
    var compute: String
  }

  private struct Verified: Decodable {
    var original: Measured
    var candidate: Measured
  }

  private static let text = [
    "--text", TrainedModel.text, "--context", "32", "--max-windows", "2", "--json",
  ]

  private func decoded<Value: Decodable>(_ arguments: [String]) throws -> Value {
    let outcome = try Program.run(arguments)
    #expect(outcome.status == 0, "\(outcome.error)")
    return try JSONDecoder().decode(Value.self, from: Data(outcome.output.utf8))
  }

  @Test func `verify rounds the candidate, and the original where that is asked for`() throws {
    let model = Fixtures.trainedModel.path
    let exact: Measured = try decoded(["perplexity", model] + Self.text)
    let rounded: Measured = try decoded(["perplexity", model, "--compute", "bf16"] + Self.text)
    #expect(exact.compute == "f32")
    #expect(rounded.compute == "bf16")
    #expect(rounded.mean_nll != exact.mean_nll)

    let sides: Verified = try decoded(["verify", model, model, "--compute", "bf16"] + Self.text)
    #expect((sides.original.compute, sides.candidate.compute) == ("f32", "bf16"))
    #expect(
      (sides.original.mean_nll, sides.candidate.mean_nll) == (exact.mean_nll, rounded.mean_nll))

    let both: Verified = try decoded(
      ["verify", model, model, "--compute", "bf16", "--original-compute", "bf16"] + Self.text)
    #expect((both.original.compute, both.candidate.compute) == ("bf16", "bf16"))
    #expect(both.original.mean_nll == rounded.mean_nll)
  }

  @Test(arguments: [
    (
      ["generate", "x", "--prompt", "x", "--arithmetic", "fast", "--compute", "f16"],
      "--compute f32"
    ),
    (["bench", "x", "--arithmetic", "fast", "--compute", "llm-int8"], "--compute f32"),
    (
      ["perplexity", "x", "--text", "x", "--compute", "llm-int8", "--memory-limit", "1GB"],
      "leave out --memory-limit"
    ),
    (
      ["logits", "x", "--tokens", "1", "-o", "x", "--compute", "fp16"],
      "'f32', 'bf16', 'f16' or 'llm-int8'"
    ),
  ])
  func `arithmetics that don't go together are wrong usage`(arguments: [String], message: String)
    throws
  {
    let outcome = try Program.run(arguments)
    #expect(outcome.status == 64)
    #expect(outcome.error.contains(message), "\(outcome.error)")
  }
}
