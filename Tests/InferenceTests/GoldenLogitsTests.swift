// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import Inference

/// The project's promise for logits against the reference implementation in fp32 on the same stored
/// weights, as ‖a − b‖ / ‖b‖.
private let logitTolerance = 1e-5

@Suite struct GoldenLogitsTests {
  @Test(arguments: ["llama", "mistral", "qwen2", "qwen3"])
  func `logits agree with the reference implementation`(family: String) throws {
    let folder = Fixtures.folder.appending(path: "families/\(family)")
    let golden = try SafetensorsFixture(folder, file: "golden.safetensors")
    let ids = try golden.numbers("input_ids").map { Int32($0) }
    let expected = try golden.numbers("logits")

    let model = try Decoder(SafetensorsFixture(folder), threads: 2)
    let logits = try model.logits(ofWindow: ids)
    let error = relativeError(logits, expected)
    print("\(family): relative error of the logits \(error)")
    #expect(error < logitTolerance)
  }
}
