// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// `verify`, `perplexity` and `merge` on the trained example.
@Suite(.serialized) struct MeasurementTests {
  private let model: TrainedModel
  /// What the undivided verification with all weights in memory prints.
  private let whole: Program.Outcome

  init() throws {
    model = try TrainedModel()
    whole = try model.run(TrainedModel.verify("--json"))
    #expect(whole.status == 0 && whole.error.isEmpty)
  }

  private func expectWhole(_ outcome: Program.Outcome) {
    #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)")
    #expect(withoutSeconds(outcome.output) == withoutSeconds(whole.output))
  }

  // MARK: - Memory

  /// The least limit that a command accepts, in megabytes: as its refusal says, and one more, for what
  /// the program holds besides differs a little from run to run.
  private func leastLimit(_ arguments: [String]) throws -> Int {
    let outcome = try model.run(arguments + ["--memory-limit", "1MB"])
    BadInputTests.expectFailure(
      outcome, says: ["a memory limit of 1000000 bytes is too small", "--memory-limit "])
    let word = outcome.error.split(separator: " ").first { $0.hasSuffix("MB") }
    return 1 + (try #require(word.flatMap { Int($0.dropLast(2)) }))
  }

  @Test func `a memory limit changes no digit, however many times the model is read`() throws {
    let least = try leastLimit(TrainedModel.verify("--json", "--threads", "1"))
    for limit in ["\(least)MB", "\(least + 8)MB", "500MiB"] {
      expectWhole(
        try model.run(
          TrainedModel.verify("--json", "--threads", "1", "--memory-limit", limit)))
    }
    expectWhole(try model.run(TrainedModel.verify("--json", "--threads", "3")))
  }

  @Test func `a perplexity under a memory limit has the same digits`() throws {
    let arguments = [
      "perplexity", "model.tone", "--text", TrainedModel.text, "--context", "64",
      "--max-windows", "5", "--threads", "1",
    ]
    let plain = try model.run(arguments)
    let limited = try model.run(
      arguments + ["--memory-limit", "\(try leastLimit(arguments))MB"])
    #expect(plain.status == 0 && limited.status == 0)
    #expect(withoutSeconds(plain.output) == withoutSeconds(limited.output))
  }

  @Test(arguments: ["300", "300mb", "0MB", "-1GB", "1.5GB", "MB", "9999999999TB", "", "3 GB"])
  func `a memory limit is a whole number with a unit`(size: String) throws {
    let outcome = try model.run(TrainedModel.verify("--memory-limit=\(size)"))
    #expect(outcome.status == 64 && outcome.output.isEmpty)
  }

  // MARK: - Parts

  /// Measures all parts and returns the names of their files.
  private func writeParts(of count: Int, _ more: String...) throws -> [String] {
    try (1...count).map { index in
      let part = try model.run(
        TrainedModel.verify("--json", "--part", "\(index)/\(count)") + more)
      #expect(part.status == 0 && part.error.isEmpty)
      return try model.folder.write(part.output, as: "part-\(index).json")
    }
  }

  @Test func `merged parts print what the undivided verification prints`() throws {
    let parts = try writeParts(of: 2)
    expectWhole(try model.run(["merge", "--json"] + parts.reversed()))
    let text = try model.run(["merge"] + parts)
    let expected = try model.run(TrainedModel.verify())
    // The table of seconds is as wide as the figures in it, which are the same.
    #expect(withoutSeconds(text.output) == withoutSeconds(expected.output))

    let page = try model.run(["merge", "--html", "report.html"] + parts)
    #expect(page.status == 0)
    let html = String(decoding: try model.folder.contents(of: "report.html"), as: UTF8.self)
    #expect(html.contains("model.tone") && html.contains("KL divergence"))
    BadInputTests.expectFailure(
      try model.run(["merge", "--html", "report.html"] + parts), says: ["report.html: exists"])
  }

  @Test func `limits hold for the merged result, not for a part`() throws {
    let parts = try writeParts(of: 2, "--limit-kl", "0.000001")
    #expect(try model.run(["merge"] + parts).status == 2)
    #expect(try model.run(["merge", "--limit-kl", "10"] + parts).status == 0)
    #expect(try model.run(["merge", "--limit-ppl", "-1"] + parts).status == 64)
  }

  @Test func `parts that do not belong together are refused`() throws {
    let parts = try writeParts(of: 2)
    BadInputTests.expectFailure(
      try model.run(["merge", parts[0]]), says: ["part 2 of 2 is missing", "pass all parts"])
    BadInputTests.expectFailure(
      try model.run(["merge", parts[0], parts[1], parts[1]]),
      says: ["part-2.json: is part 2", "pass each part once"])
    let other = try model.run([
      "verify", "model", "model", "--text", TrainedModel.text, "--context", "64",
      "--max-windows", "5", "--json", "--part", "2/2",
    ])
    try model.folder.write(other.output, as: "other.json")
    BadInputTests.expectFailure(
      try model.run(["merge", parts[0], "other.json"]),
      says: ["other.json: differs from", "in the candidate", "merge parts of one run only"])
    BadInputTests.expectFailure(
      try model.run(["merge", "model.tone"]), says: ["model.tone: ", "pass what"])
    BadInputTests.expectFailure(
      try model.run(TrainedModel.verify("--json", "--part", "6/6")),
      says: ["5 windows can't be divided into 6 parts", "--part I/5"])
  }

  @Test(arguments: [
    ["--part", "1/2"], ["--part", "3/2", "--json"], ["--part", "1", "--json"],
    ["--part", "1/2", "--json", "--html", "report.html"],
  ])
  func `a part is for merging`(options: [String]) throws {
    let outcome = try model.run(TrainedModel.verify() + options)
    #expect(outcome.status == 64 && outcome.output.isEmpty)
  }

  @Test func `the script for clusters merges to the same result`() throws {
    let script = Fixtures.repository.appending(path: "examples/cluster/verify-parts.sh")
    let outcome = try Program.run(
      URL(filePath: "/bin/bash"),
      [
        script.path, "model", "model.tone", "parts", "2", "--text", TrainedModel.text,
        "--context", "64", "--max-windows", "5",
      ], in: model.folder.path, environment: ["HALFTONE": Program.url.path])
    #expect(outcome.status == 0, "\(outcome.error)")
    let expected = try model.run(TrainedModel.verify())
    #expect(withoutSeconds(outcome.output) == withoutSeconds(expected.output))
    #expect(try model.folder.names(in: "parts") == ["part-1-of-2.json", "part-2-of-2.json"])
  }

  // MARK: - Going on

  /// More windows than are finished before the test can stop the program.
  private static let many = [
    "verify", "model", "model.tone", "--text", TrainedModel.text, "--context", "64",
    "--max-windows", "48", "--json",
  ]
  /// How long a program may take to finish its first windows before the test gives up.
  private static let patience: TimeInterval = 120

  private struct NeverFinishedOne: Error {}

  @Test(arguments: [SIGINT, SIGTERM]) func `an interrupted run goes on from its file`(
    number: Int32
  ) throws {
    let file = model.folder.path("run.json")
    let stopped = try Program.run(
      Program.url, Self.many + ["--resume", "run.json"], in: model.folder.path
    ) { running in
      let deadline = Date.now + Self.patience
      while (try? Data(contentsOf: URL(filePath: file)).count) ?? 0 < 4096 {
        guard Date.now < deadline, running.process.isRunning else { throw NeverFinishedOne() }
        usleep(1000)
      }
      kill(running.process.processIdentifier, number)
    }
    #expect(stopped.status == 1 && stopped.output.isEmpty)
    #expect(
      stopped.errorLines == [
        "error: interrupted; finished windows are in run.json, run the same command again"
      ])
    #expect(try model.folder.names().allSatisfy { !$0.hasPrefix(".") })

    let resumed = try model.run(Self.many + ["--resume", "run.json"])
    let whole = try model.run(Self.many)
    #expect(resumed.status == 0 && resumed.error.isEmpty)
    #expect(withoutSeconds(resumed.output) == withoutSeconds(whole.output))
    // The file stays, and gives the result once more.
    #expect(try model.run(Self.many + ["--resume", "run.json"]).output == resumed.output)
  }

  @Test func `a file of another run is refused by what differs`() throws {
    let resume = ["--resume", "run.json"]
    expectWhole(try model.run(TrainedModel.verify("--json") + resume))
    expectWhole(
      try model.run(TrainedModel.verify("--json", "--memory-limit", "500MB") + resume))
    let before = try model.folder.contents(of: "run.json")
    for (arguments, words) in [
      (TrainedModel.verify("--part", "1/2", "--json"), "belongs to part 1/1, not 1/2"),
      (
        ["verify", "model", "model"] + TrainedModel.verify().dropFirst(3),
        "differs in the candidate"
      ),
      (
        ["perplexity", "model"] + TrainedModel.verify().dropFirst(3),
        "halftone verification windows"
      ),
    ] {
      BadInputTests.expectFailure(
        try model.run(arguments + resume), says: ["run.json: ", words, "name another file"])
    }
    BadInputTests.expectFailure(
      try model.run(TrainedModel.verify("--resume", "no/run.json")),
      says: ["no/run.json: no such folder 'no'"])
    #expect(try model.folder.contents(of: "run.json") == before)
  }
}
