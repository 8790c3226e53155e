// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Conversion
import Foundation
import TestSupport
import Testing

@testable import Inference

/// The project's promise for logits against the reference implementation in fp32 on the same stored
/// weights, as ‖a − b‖ / ‖b‖.
private let logitTolerance = 1e-5

@Suite struct GoldenLogitsTests {
  static let families = models(in: "families")
  /// Checkpoints with rarer options, by their path among the fixtures.
  static let variants = models(in: "variants").map { "variants/\($0)" }

  private static func models(in name: String) -> [String] {
    let folder = Fixtures.folder.appending(path: name).path
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return entries.filter { !$0.contains(".") }.sorted()
  }

  @Test(arguments: families)
  func `logits agree with the reference implementation`(family: String) throws {
    let folder = Fixtures.folder.appending(path: "families/\(family)")
    let golden = try SafetensorsModel(path: folder.appending(path: "golden.safetensors").path)
    let model = try Decoder(
      SafetensorsModel(path: folder.appending(path: "model.safetensors").path), threads: 2)
    let logits = try model.logits(ofWindow: golden.tokens("input_ids"))
    #expect(relativeError(logits, try golden.numbers("logits")) < logitTolerance)
  }

  @Test(arguments: ["deepseek-v3-fp8", "gpt-oss-mxfp4", "llama-fbgemm-fp8", "mistral-fp8"])
  func `logits of a checkpoint in few bits agree, as its publisher encodes it`(
    name: String
  ) throws {
    let folder = Fixtures.folder.appending(path: "published/\(name)")
    let golden = try SafetensorsModel(path: folder.appending(path: "golden.safetensors").path)
    let model = try Decoder(openModel(at: folder.path), threads: 2)
    let logits = try model.logits(ofWindow: golden.tokens("input_ids"))
    // The golden has the second half of the positions.
    #expect(
      relativeError(Array(logits[(logits.count / 2)...]), try golden.numbers("logits"))
        < logitTolerance)
  }

  @Test func `logits of the trained model agree with the reference implementation`() throws {
    let file = Fixtures.folder.appending(path: "ref-llama-logits.safetensors")
    let golden = try SafetensorsModel(path: file.path)
    let model = try Decoder(SafetensorsModel(path: Fixtures.trainedModel.path), threads: 2)
    let logits = try model.logits(ofWindow: golden.tokens("input_ids"))
    let kept = try golden.tokens("positions").flatMap { position in
      logits[Int(position) * model.vocabularySize..<(Int(position) + 1) * model.vocabularySize]
    }
    #expect(relativeError(kept, try golden.numbers("logits")) < logitTolerance)
  }
}

extension SafetensorsModel {
  /// All numbers of an I32 tensor.
  func tokens(_ name: String) throws -> [Int32] {
    try withStoredBytes(of: name) { bytes in
      (0..<bytes.count / 4).map { index in
        Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * index, as: Int32.self))
      }
    }
  }
}
