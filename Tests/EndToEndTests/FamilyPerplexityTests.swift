// SPDX-License-Identifier: Apache-2.0

import Conversion
import Foundation
import Inference
import TestSupport
import Testing
import Verification

/// Every family and its options on texts of several windows, against the reference implementation:
/// windows longer than a sliding window, positions beyond the trained length, rare layouts.
@Suite struct FamilyPerplexityTests {
  /// How far a mean negative log-likelihood may be from the reference's, relative; the project's
  /// promise for logits.
  static let tolerance = 1e-5

  /// A checkpoint, perhaps with other options, and what the reference implementation measured.
  struct Case: CustomTestStringConvertible, Sendable {
    var model: String
    /// A JSON object.
    var config: Data
    var context: Int
    var meanNLL: Double

    var testDescription: String {
      "\(model) \(String(decoding: config, as: UTF8.self)) @\(context)"
    }
  }

  static let (tokens, cases): ([Int32], [Case]) = {
    do {
      let file = Fixtures.folder.appending(path: "variants/cases.json")
      let json = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
      let cases = try (json?["cases"] as? [[String: Any]] ?? []).map { entry in
        Case(
          model: entry["model"] as? String ?? "",
          config: try JSONSerialization.data(withJSONObject: entry["config"] ?? [:]),
          context: entry["context"] as? Int ?? 0,
          meanNLL: entry["mean_nll"] as? Double ?? .nan)
      }
      return ((json?["tokens"] as? [Int] ?? []).map { Int32($0) }, cases)
    } catch {
      Issue.record(error)
      return ([], [])
    }
  }()

  @Test func `the fixture has every family and its variants`() {
    #expect(Self.cases.count == 75)
    #expect(Self.tokens.count == 400)
  }

  @Test(arguments: cases)
  func `perplexity agrees with the reference implementation`(reference: Case) throws {
    let folder = try TemporaryFolder()
    let stored = Fixtures.folder.appending(path: reference.model)
    try FileManager.default.copyItem(
      atPath: stored.appending(path: "model.safetensors").path,
      toPath: folder.path("model.safetensors"))
    let config = try Data(contentsOf: stored.appending(path: "config.json"))
    let changes = try object(reference.config)
    try folder.write(
      JSONSerialization.data(
        withJSONObject: object(config).merging(changes) { _, changed in changed }),
      as: "config.json")

    let model = try Decoder(openModel(at: folder.path), threads: 2)
    let measured = try measurePerplexity(
      of: model, tokens: Self.tokens.map { $0 % Int32(model.vocabularySize) },
      options: PerplexityOptions(context: reference.context, threads: 2))
    #expect(measured.windows == Self.tokens.count / reference.context)
    #expect(
      abs(measured.meanNLL / reference.meanNLL - 1) < Self.tolerance,
      "\(measured.meanNLL) instead of \(reference.meanNLL)")
  }

  private func object(_ json: Data) throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: json) as? [String: Any] ?? [:]
  }
}
