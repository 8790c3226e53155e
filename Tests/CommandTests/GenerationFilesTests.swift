// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The trained example with other small files, as far as they matter to generation.
@Suite struct GenerationFilesTests {
  private func generate(
    with files: [String: String], _ more: String...
  ) throws -> Program.Outcome {
    let folder = try TemporaryFolder()
    for name in try FileManager.default.contentsOfDirectory(atPath: Fixtures.trainedModel.path)
    where files[name] == nil {
      try FileManager.default.createSymbolicLink(
        atPath: folder.path(name),
        withDestinationPath: Fixtures.trainedModel.appending(path: name).path)
    }
    for (name, contents) in files { try folder.write(contents, as: name) }
    return try Program.run(
      ["generate", folder.path, "--prompt", "The", "--max-tokens", "2"] + more)
  }

  @Test(arguments: [
    ("[1, 2]", "generation_config.json is not a JSON object"),
    ("{", "generation_config.json is not a JSON object"),
    (#"{"eos_token_id": "end"}"#, "'eos_token_id' must be a token id or a list of them"),
    (#"{"eos_token_id": 1e99}"#, "'eos_token_id' must be a token id or a list of them"),
    (#"{"do_sample": true, "temperature": "hot"}"#, "'temperature' must be a number from 0"),
    (#"{"do_sample": true, "temperature": -1}"#, "'temperature' must be a number from 0"),
    (#"{"do_sample": true, "top_p": 0}"#, "'top_p' must be a number above 0 and at most 1"),
    (#"{"do_sample": true, "top_k": -2}"#, "'top_k' must be a number from 0"),
    (
      #"{"do_sample": true, "repetition_penalty": 0}"#,
      "'repetition_penalty' must be a number above 0"
    ),
  ])
  func `a malformed generation_config.json is named with its key`(
    contents: String, message: String
  ) throws {
    let outcome = try generate(with: ["generation_config.json": contents])
    #expect(outcome.status == 1)
    #expect(outcome.output.isEmpty)
    #expect(outcome.error.contains("generation_config.json"))
    #expect(outcome.error.contains(message))
    #expect(outcome.errorLines.count == 1)
  }

  @Test func `values that a user gives stand in for those of the file`() throws {
    let outcome = try generate(
      with: ["generation_config.json": #"{"do_sample": true, "temperature": 0.5}"#],
      "--temperature", "0", "--json")
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("\"temperature\" : 0"))
  }

  @Test(arguments: [
    ("{% include 'x' %}", "{% include %}"), ("{{ 'a' | wordwrap }}", "wordwrap"),
    ("{{ raise_exception('only tools here') }}", "only tools here"),
  ])
  func `a chat template that can't be rendered is refused by its construct`(
    template: String, name: String
  ) throws {
    let outcome = try generate(with: ["chat_template.jinja": template], "--chat")
    #expect(outcome.status == 1)
    #expect(outcome.output.isEmpty)
    #expect(outcome.error.contains(name))
  }
}
