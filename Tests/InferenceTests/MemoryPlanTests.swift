// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import Inference

@Suite struct MemoryPlanTests {
  private let model: RunnableModel

  init() throws {
    model = try RunnableModel(AlteredModel(Fixtures.folder.appending(path: "families/llama")))
  }

  private func task(windows: Int = 100, length: Int = 128, other: Int = 0) -> MemoryPlan.Task {
    MemoryPlan.Task(
      models: [model, model], windowCount: windows, windowLength: length, threads: 2,
      otherByteCount: other)
  }

  /// The least limit that is not refused.
  private func least(_ task: MemoryPlan.Task) throws -> Int {
    do {
      _ = try MemoryPlan(task, limit: 0)
    } catch InferenceError.memoryLimitTooSmall(_, let needed) { return needed }
    throw InferenceError.missingConfiguration
  }

  @Test func `a limit that is too small says how much is needed, and that is enough`() throws {
    let needed = try least(task())
    #expect(throws: InferenceError.memoryLimitTooSmall(limit: needed - 1, needed: needed)) {
      try MemoryPlan(task(), limit: needed - 1)
    }
    let plan = try MemoryPlan(task(), limit: needed)
    #expect(plan.windowsPerEvaluation == 1)
    #expect(
      InferenceError.memoryLimitTooSmall(limit: 5, needed: 12_345_678).description
        .contains("pass --memory-limit 13MB or more"))
  }

  @Test func `more memory never means smaller steps, nor smaller evaluations of one step`() throws {
    let needed = try least(task())
    var previous = (arena: 0, step: 0, windows: 0)
    for more in stride(from: 0, through: 8 << 20, by: 16 << 10) {
      let plan = try MemoryPlan(task(), limit: needed + more)
      let found = (plan.arenaCount, plan.windowsPerStep, plan.windowsPerEvaluation)
      #expect(found.0 >= previous.arena && found.1 >= previous.step)
      #expect(found.2 >= previous.windows || found.1 > previous.step)
      previous = found
    }
    #expect(previous.windows == 100)
  }

  @Test func `what others take is taken from the models`() throws {
    let difference = try least(task(other: 1_000_000)) - least(task())
    #expect(difference == 1_000_000)
  }

  @Test func `evaluations are no larger than is useful, and about equal`() throws {
    let plan = try MemoryPlan(task(windows: 600, length: 128), limit: 1 << 40)
    // 256 windows have the useful number of positions; three evaluations of 200 are enough.
    #expect(MemoryPlan.positionLimit / 128 == 256)
    #expect(plan.windowsPerEvaluation == 200)
  }
}
