// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite struct GenerateTests {
  private struct Generated: Decodable {
    var text: String
    var tokens: [Int]
    var finish_reason: String
    var arithmetic: String
  }

  private func generate(_ arguments: [String]) throws -> Program.Outcome {
    try Program.run(["generate", Fixtures.trainedModel.path] + arguments)
  }

  private func json(_ arguments: [String]) throws -> Generated {
    let outcome = try generate(arguments + ["--json"])
    #expect(outcome.status == 0)
    return try JSONDecoder().decode(Generated.self, from: Data(outcome.output.utf8))
  }

  @Test func `the text on stdout is the one of the JSON, and the reason for its end is told`()
    throws
  {
    let prompt = ["--prompt", "The following", "--max-tokens", "12"]
    let whole = try json(prompt)
    #expect(whole.finish_reason == "length")
    #expect(whole.tokens.count == 12)
    #expect(whole.arithmetic == "exact")
    let streamed = try generate(prompt)
    #expect(streamed.output == whole.text + "\n")
    #expect(streamed.error.contains("exact arithmetic; --max-tokens reached"))

    let stop = String(whole.text.dropFirst(4).prefix(3))
    let stopped = try json(prompt + ["--stop", stop])
    #expect(stopped.finish_reason == "stop_string")
    #expect(!stopped.text.contains(stop))
    #expect(whole.text.hasPrefix(stopped.text))
    #expect(try json(prompt + ["--stop", "never comes"]).finish_reason == "length")
  }

  @Test func `a prompt longer than the context is refused`() throws {
    let outcome = try generate(["--prompt", String(repeating: "word ", count: 2000)])
    #expect(outcome.status == 1)
    #expect(outcome.error.contains("exceeds the model's 1024 positions; shorten the prompt"))
  }

  @Test(arguments: [
    (["--temperature", "-1"], "--temperature takes a number from 0, found -1.0"),
    (["--temperature", "nan"], "--temperature takes a number from 0, found nan"),
    (["--temperature", "inf"], "--temperature takes a number from 0, found inf"),
    (["--top-p", "nan"], "--top-p takes a number above 0 and at most 1, found nan"),
    (["--repetition-penalty", "nan"], "--repetition-penalty takes a number above 0, found nan"),
    (["--repetition-penalty", "0"], "--repetition-penalty takes a number above 0"),
    (["--temperature", "warm"], "--temperature"), (["--stop", ""], "--stop takes a string"),
    (["--cache-limit", "0MB"], "--cache-limit"), (["--seed", "-1"], "--seed"),
    (["--top-p", "0"], "--top-p takes a number above 0 and at most 1"),
    (["--top-k", "-3"], "--top-k takes a number from 1"), (["--max-tokens", "0"], "--max-tokens"),
    (["--system", "x"], "--system needs --chat"),
  ])
  func `options out of range are wrong usage`(arguments: [String], message: String) throws {
    let outcome = try generate(["--prompt", "x"] + arguments)
    #expect(outcome.status == 64)
    #expect(outcome.error.contains(message))
  }

  @Test func `a model without a chat template says so`() throws {
    let outcome = try generate(["--prompt", "x", "--chat"])
    #expect(outcome.status == 1)
    #expect(outcome.error.contains("no chat template; leave out --chat"))
  }

  @Test func `a family that can't be run is named`() throws {
    let outcome = try SmallModel().run("generate", "model", "--prompt", "x")
    #expect(outcome.status == 1)
    #expect(outcome.error.contains("family 'of no known family' can't be run"))
  }
}
