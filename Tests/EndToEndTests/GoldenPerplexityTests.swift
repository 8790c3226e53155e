// SPDX-License-Identifier: Apache-2.0

import Container
import Conversion
import Foundation
import Inference
import Quantization
import Tensors
import TestSupport
import Testing
import Tokenization
import Verification

/// The whole way on the trained checkpoint, against what the reference implementations measured.
@Suite(.serialized) struct GoldenPerplexityTests {
  /// How far a perplexity may be from the reference's, relative. Both use fp32 in another order of
  /// summation (about 1e-8); FP4 and double quantization follow the rule of GPU kernels where the
  /// goldens follow that of CPU kernels (4e-5).
  static let perplexityTolerance = 1e-4
  /// How far a mean divergence may be, relative, where codes and scales are the reference's own.
  static let divergenceTolerance = 1e-5

  @Test func `the original's perplexity is the reference's`() throws {
    let perplexity = try measurePerplexity(of: Self.decoder(Self.original), tokens: Self.tokens)
    #expect(perplexity.windows == 89)
    #expect(perplexity.tokens == 45479)
    try expectGolden(perplexity.perplexity, "original@512")
  }

  @Test(
    arguments: [
      ("nf4+dq", "nf4", true), ("fp4", "fp4", false), ("int8-row", "int8-row", false),
    ])
  func `a candidate's perplexity is the reference's`(
    golden: String, scheme: String, doubleQuantization: Bool
  ) throws {
    try withCandidate(scheme, doubleQuantization: doubleQuantization) { candidate in
      let perplexity = try measurePerplexity(of: Self.decoder(candidate), tokens: Self.tokens)
      try expectGolden(perplexity.perplexity, "\(golden)@512")
    }
  }

  @Test func `NF4 differs from the original as the reference says`() throws {
    try withCandidate("nf4", doubleQuantization: false) { candidate in
      let result = try verify(
        original: Self.decoder(Self.original), candidate: Self.decoder(candidate),
        tokens: Self.tokens)
      try expectGolden(result.candidate.perplexity, "nf4@512")
      let golden = try #require(Self.goldens["nf4@512"])
      let mean = try #require(golden["kl_mean"])
      #expect(abs(result.divergence.mean / mean - 1) < Self.divergenceTolerance)
      #expect(result.top1Agreement == golden["top1_agreement"])
    }
  }

  @Test func `the original against itself loses exactly nothing`() throws {
    let model = try Self.decoder(Self.original)
    let result = try verify(
      original: model, candidate: Self.decoder(Self.original), tokens: Self.tokens,
      options: VerificationOptions(perplexity: PerplexityOptions(maxWindows: 3)))
    #expect(result.perplexityRatio == 1)
    #expect(result.divergence.mean == 0)
    #expect(result.divergence.maximum == 0)
    #expect(result.top1Agreement == 1)
  }

  // MARK: - Fixtures

  static let original = Fixtures.trainedModel.path

  /// The evaluation text by the model's own tokenizer.
  static let tokens: [Int32] = {
    do {
      let text = try Data(contentsOf: Fixtures.repository.appending(path: "examples/eval.txt"))
      return try Tokenizer(at: original).encode(Tokenizer.text(from: text, path: "eval.txt"))
    } catch {
      Issue.record(error)
      return []
    }
  }()

  /// The golden figures by entry; those that are no numbers are left out.
  static let goldens: [String: [String: Double]] = {
    let file = Fixtures.folder.appending(path: "ref-llama-golden.json")
    let json = (try? JSONSerialization.jsonObject(with: Data(contentsOf: file))) as? [String: Any]
    return (json ?? [:]).compactMapValues { $0 as? [String: Double] }
  }()

  static func decoder(_ path: String) throws -> Decoder {
    try Decoder(openModel(at: path), threads: 2)
  }

  private func expectGolden(_ perplexity: Double, _ entry: String) throws {
    let golden = try #require(Self.goldens[entry]?["perplexity"])
    #expect(abs(perplexity / golden - 1) < Self.perplexityTolerance)
  }

  private func withCandidate(
    _ scheme: String, doubleQuantization: Bool, _ body: (String) throws -> Void
  ) throws {
    let folder = try TemporaryFolder()
    let output = folder.path("candidate.tone")
    _ = try quantize(
      QuantizeOptions(
        input: Self.original, output: output,
        recipe: Recipe(
          linearLayers: .scheme(
            name: scheme, options: SchemeOptions(doubleQuantization: doubleQuantization)))))
    try body(output)
  }
}
