// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Ctrl-C while text comes.
@Suite(.serialized) struct InterruptedGenerationTests {
  /// How long the program may take for its first words before the test gives up.
  private static let patience: TimeInterval = 60

  private struct NeverBegan: Error {}

  /// More tokens than come before the signal.
  private static let arguments = [
    "generate", Fixtures.trainedModel.path, "--prompt", "The following", "--max-tokens", "1000",
  ]

  @Test(arguments: [SIGINT, SIGTERM])
  func `a signal ends the text cleanly, and what came is kept`(number: Int32) throws {
    let outcome = try Program.run(Program.url, Self.arguments) { running in
      let deadline = Date.now + Self.patience
      while try running.output().isEmpty {
        guard Date.now < deadline, running.process.isRunning else { throw NeverBegan() }
        usleep(1000)
      }
      kill(running.process.processIdentifier, number)
    }
    #expect(outcome.status == 1)
    #expect(outcome.output.hasSuffix("\n") && outcome.output.count > 1)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.error.contains("exact arithmetic") && outcome.error.contains("interrupted"))
  }

  @Test func `an interrupted document is complete and says so`() throws {
    struct Generated: Decodable {
      var text: String
      var tokens: [Int]
      var finish_reason: String
    }
    // Nothing tells from outside when the first token is there: the signal comes later each time, until
    // it finds some.
    for delay in stride(from: 0.25, to: Self.patience, by: 0.5) {
      let outcome = try Program.run(Program.url, Self.arguments + ["--json"]) { running in
        usleep(UInt32(delay * 1_000_000))
        kill(running.process.processIdentifier, SIGINT)
      }
      guard !outcome.output.isEmpty else {
        #expect(outcome.status == 1)
        continue
      }
      let found = try JSONDecoder().decode(Generated.self, from: Data(outcome.output.utf8))
      guard !found.tokens.isEmpty else { continue }
      #expect(outcome.status == 1)
      #expect(found.finish_reason == "interrupted")
      #expect(!found.text.isEmpty && found.tokens.count < 1000)
      return
    }
    throw NeverBegan()
  }
}
