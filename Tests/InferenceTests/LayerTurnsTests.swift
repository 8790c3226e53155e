// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import Inference

@Suite struct LayerTurnsTests {
  private let source: WatchedModel
  private let model: RunnableModel
  /// Small enough that every matrix of the model has several slabs, of 64 rows and less.
  private static let slabWeightLimit = 64 * 64

  init() throws {
    source = WatchedModel(
      try AlteredModel(Fixtures.folder.appending(path: "families/llama"))
        .configured(["max_position_embeddings": 512]))
    model = try RunnableModel(source)
  }

  private func decoder(
    arenaCount: Int, windowsPerStep: Int = 2, sharer: Int = 0, of sharerCount: Int = 1,
    threads: Int = 2
  ) throws -> Decoder {
    let turns = LayerTurns(
      arena: WeightArena(count: arenaCount, sharerCount: sharerCount), sharer: sharer,
      slabPool: SlabPool(weightCount: Self.slabWeightLimit), slabWeightLimit: Self.slabWeightLimit,
      windowsPerEvaluation: 5,
      windowsPerStep: windowsPerStep)
    return try Decoder(model, threads: threads, turns: turns)
  }

  private var resident: Decoder {
    get throws { try Decoder(model, threads: 2, slabWeightLimit: Self.slabWeightLimit) }
  }

  private func windows(count: Int, length: Int) -> [[Int32]] {
    var generator = SeededGenerator(seed: 11)
    return (0..<count).map { _ in
      (0..<length).map { _ in Int32.random(in: 0..<512, using: &generator) }
    }
  }

  /// The states after every layer, and all logits.
  private func everything(
    _ decoder: Decoder, _ windows: [[Int32]]
  ) throws -> (states: [[Float]], logits: [Float]) {
    var states: [[Float]] = []
    let evaluation = try decoder.finishedEvaluation(of: windows) { states.append(Array($1)) }
    states.append(Array(evaluation.states))
    let rows = windows.joined().count
    var logits = [Float](repeating: .nan, count: rows * decoder.vocabularySize)
    try logits.withUnsafeMutableBufferPointer { try evaluation.logits(of: 0..<rows, into: $0) }
    return (states, logits)
  }

  /// The most weights that one layer has, in whole cache lines: 3 layers have the same.
  private var layerCount: Int {
    model.architecture.layers[0].tensors.reduce(0) { $0 + WeightArena.rounded($1.count) }
  }

  @Test(arguments: [1, 2, 3], [1, 2, 5])
  func `layer by layer gives the resident model's bits`(threads: Int, windowsPerStep: Int) throws {
    // Longer than a tile, so that one window is cut.
    let windows = windows(count: 3, length: 300)
    let expected = try everything(resident, windows)
    let found = try everything(
      decoder(arenaCount: layerCount, windowsPerStep: windowsPerStep, threads: threads), windows)
    #expect(found.states == expected.states)
    #expect(found.logits == expected.logits)
  }

  @Test(arguments: [0, 16, 200, 5000, 12_345, 30_000])
  func `what does not fit the arena is read slab by slab and gives the same bits`(
    arenaCount: Int
  ) throws {
    let windows = windows(count: 2, length: 70)
    let expected = try everything(resident, windows)
    let found = try everything(decoder(arenaCount: arenaCount), windows)
    #expect(found.states == expected.states)
    #expect(found.logits == expected.logits)
  }

  @Test func `models that share an arena do not disturb each other`() throws {
    let windows = windows(count: 2, length: 40)
    let expected = try everything(resident, windows)
    let arena = WeightArena(count: layerCount, sharerCount: 2)
    let evaluations = try (0..<2).map { sharer in
      try Decoder(
        model, threads: 2,
        turns: LayerTurns(
          arena: arena, sharer: sharer, slabPool: SlabPool(weightCount: Self.slabWeightLimit),
          slabWeightLimit: Self.slabWeightLimit, windowsPerEvaluation: 2, windowsPerStep: 1)
      ).evaluation(of: windows)
    }
    for _ in model.architecture.layers { for each in evaluations { try each.advance() } }
    for each in evaluations { try each.finish() }
    for each in evaluations {
      var logits = [Float](repeating: .nan, count: expected.logits.count)
      try logits.withUnsafeMutableBufferPointer { try each.logits(of: 0..<80, into: $0) }
      #expect(logits == expected.logits)
    }
  }

  @Test func `a tied head gives the resident model's bits`() throws {
    let tied = try RunnableModel(
      AlteredModel(Fixtures.folder.appending(path: "families/llama"))
        .removing("lm_head.weight").configured(["tie_word_embeddings": true]))
    let plan = try MemoryPlan(
      MemoryPlan.Task(
        models: [tied], windowCount: 1, windowLength: 20, threads: 1, otherByteCount: 0),
      limit: 1 << 30)
    let windows = windows(count: 1, length: 20)
    let expected = try everything(Decoder(tied, threads: 1), windows)
    let found = try everything(Decoder(tied, threads: 1, turns: plan.turns(for: 1)[0]), windows)
    #expect(found.states == expected.states)
    #expect(found.logits == expected.logits)
  }

  @Test(arguments: [1, 7]) func `each evaluation reads every layer once`(windowCount: Int) throws {
    let decoder = try decoder(arenaCount: layerCount, windowsPerStep: 1)
    #expect(source.takeReadCounts().isEmpty)
    for _ in 0..<2 {
      _ = try decoder.finishedEvaluation(of: windows(count: windowCount, length: 30))
      let counts = source.takeReadCounts()
      for tensor in model.architecture.layers.flatMap(\.tensors) {
        #expect(counts[tensor.name] == tensor.count)
      }
    }
  }

  @Test(arguments: [0, 1, 3, 10, 25, 35])
  func `a weight that can't be read is an error, whenever it is read`(reads: Int) throws {
    for arenaCount in [0, layerCount] {
      let decoder = try decoder(arenaCount: arenaCount)
      source.fail(after: reads)
      #expect(throws: WatchedModel.Unreadable.self) {
        _ = try everything(decoder, windows(count: 4, length: 100))
      }
      source.fail(after: .max)
    }
  }
}
