// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Conversion
import Foundation
import TestSupport
import Testing

@testable import Inference

@Suite struct ComputeTests {
  @Test(arguments: GoldenLogitsTests.families)
  func `measure`(family: String) throws {
    let folder = Fixtures.folder.appending(path: "families/\(family)")
    let golden = try SafetensorsModel(path: folder.appending(path: "golden.safetensors").path)
    let rounded = try SafetensorsModel(
      path: Fixtures.folder.appending(path: "compute/\(family).safetensors").path)
    for compute in [Compute.bf16, .f16] {
      let model = try Decoder(
        SafetensorsModel(path: folder.appending(path: "model.safetensors").path), threads: 2,
        compute: compute)
      let logits = try model.logits(ofWindow: golden.tokens("input_ids"))
      let expected = try rounded.numbers(compute.rawValue)
      let exact = try golden.numbers("logits").suffix(expected.count)
      let ours = Array(logits.suffix(expected.count))
      let error = relativeError(ours, expected)
      let distance = relativeError(Array(exact), expected)
      let equal = zip(ours, expected).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
      print("MEASURE \(family) \(compute.rawValue) \(error) \(distance) ratio \(error / distance) equal \(Double(equal) / Double(ours.count))")
    }
  }
}
