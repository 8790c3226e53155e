// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import Inference

/// Every family layer by layer, with so little memory that most matrices are read slab by slab.
@Suite struct FamilyTurnsTests {
  @Test(arguments: GoldenLogitsTests.families)
  func `a family layer by layer gives the resident model's bits`(
    family: String
  ) throws {
    let model = try RunnableModel(
      AlteredModel(Fixtures.folder.appending(path: "families/\(family)")))
    let windows: [[Int32]] = [[1, 2, 3, 4, 5, 6, 7, 8, 9], [9, 8, 7, 6, 5, 4, 3, 2, 1]]
    let slabWeightLimit = 2048
    func everything(_ decoder: Decoder) throws -> [Float] {
      let evaluation = try decoder.finishedEvaluation(of: windows)
      var logits = [Float](repeating: .nan, count: 18 * decoder.vocabularySize)
      try logits.withUnsafeMutableBufferPointer { try evaluation.logits(of: 0..<18, into: $0) }
      return Array(evaluation.states) + logits
    }
    let expected = try everything(
      Decoder(model, threads: 2, slabWeightLimit: slabWeightLimit))
    let task = MemoryPlan.Task(
      models: [model], windowCount: 2, windowLength: 9, threads: 2, otherByteCount: 0)
    guard
      case .memoryLimitTooSmall(_, let least) = #expect(
        throws: InferenceError.self,
        performing: { try MemoryPlan(task, limit: 0, slabWeightLimit: slabWeightLimit) })
    else { return }
    for limit in [least, least + 100_000, 1 << 30] {
      let plan = try MemoryPlan(task, limit: limit, slabWeightLimit: slabWeightLimit)
      #expect(
        try everything(Decoder(model, threads: 2, turns: plan.turns(for: 1)[0])) == expected)
    }
  }
}
