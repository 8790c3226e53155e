// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import TestSupport
import Testing

@testable import Inference

@Suite struct PagedCacheTests {
  private static let shape = KeyValueShape(headCount: 1, keySize: 2, valueSize: 2)

  private func pool(blocks: Int) -> BlockPool {
    BlockPool(
      blockWidth: Self.shape.blockWidth, byteLimit: blocks * Self.shape.blockWidth * 4)
  }

  private func fill(_ sequence: CachedSequence, to count: Int, with value: Float) throws {
    let first = sequence.count
    try sequence.reserve(count)
    for position in first..<count {
      sequence.store(
        keys: [value, Float(position)], values: [value, Float(position)], layer: 0,
        position: position)
    }
    sequence.advance(to: count)
  }

  private func keys(_ sequence: CachedSequence) -> [Float] {
    sequence.runs(layer: 0, head: 0, positions: 0..<sequence.count).flatMap { run in
      (0..<run.count).flatMap { [run.keys.start[$0 * 2], run.keys.start[$0 * 2 + 1]] }
    }
  }

  @Test(arguments: [1, 15, 16, 17, 32, 33])
  func `a sequence wastes less than a block`(count: Int) throws {
    let pool = pool(blocks: 10)
    let sequence = CachedSequence([Self.shape], in: pool)
    try fill(sequence, to: count, with: 1)
    #expect(pool.usedCount * BlockPool.tokenCount - count < BlockPool.tokenCount)
    sequence.clear()
    #expect(pool.usedCount == 0)
  }

  @Test func `a prefix is shared until either adds to its last block`() throws {
    let pool = pool(blocks: 10)
    let first = CachedSequence([Self.shape], in: pool)
    try fill(first, to: 40, with: 1)
    let second = try #require(first.sharing(36))
    #expect(pool.usedCount == 3)
    let before = keys(first)
    try fill(second, to: 38, with: 2)
    #expect(pool.usedCount == 4)
    #expect(keys(first) == before)
    #expect(keys(second).prefix(72) == before.prefix(72))
    #expect(keys(second).suffix(4) == [2, 36, 2, 37])
    first.clear()
    #expect(pool.usedCount == 3)
    #expect(keys(second).prefix(72) == before.prefix(72))
    second.clear()
    #expect(pool.usedCount == 0)
  }

  @Test func `blocks behind a window are returned, and a prefix that needs them is not shared`()
    throws
  {
    var shape = Self.shape
    shape.window = 20
    let pool = pool(blocks: 10)
    let sequence = CachedSequence([shape], in: pool)
    try fill(sequence, to: 100, with: 1)
    // The next query sees 81 and later; blocks begin at 80, 96.
    #expect(pool.usedCount == 2)
    #expect(sequence.sharing(100) != nil)
    #expect(sequence.sharing(90) == nil)
  }

  @Test func `an exhausted pool says what to do`() throws {
    let pool = pool(blocks: 2)
    let sequence = CachedSequence([Self.shape], in: pool)
    let limit = 2 * Self.shape.blockWidth * 4
    #expect(throws: InferenceError.cacheExhausted(limit: limit)) { try sequence.reserve(33) }
    #expect("\(InferenceError.cacheExhausted(limit: limit))".contains("--cache-limit"))
  }

  @Test func `of latent attention the narrow state and one rotated key are kept`() throws {
    let decoder = try Decoder(
      AlteredModel(Fixtures.folder.appending(path: "families/deepseek-v3")), threads: 1)
    // kv_lora_rank and qk_rope_head_dim of the checkpoint.
    let kept = 32 + 16
    let generator = Generator(decoder, capacity: Generator.Capacity(length: 16))
    _ = try generator.tokens(of: [GenerationRequest(prompt: [1, 2, 3], tokenLimit: 2)])
    #expect(
      generator.peakCacheByteCount == decoder.layerCount * BlockPool.tokenCount * kept * 4)
  }

  @Test func `sequences wait for memory, and those that never get enough are an error`() throws {
    let source = try SafetensorsModel(path: Fixtures.trainedModel.path)
    let decoder = try Decoder(source, threads: 2)
    let requests = (0..<3).map { index in
      GenerationRequest(prompt: [0, Int32(index + 5), 7], tokenLimit: 20)
    }
    func generator(_ limit: Int?) -> Generator {
      Generator(
        decoder,
        capacity: Generator.Capacity(length: 40, sequenceCount: 3, cacheByteLimit: limit))
    }
    let expected = try generator(nil).tokens(of: requests)
    let block = KeyValueShape(decoder.architecture.layers[0].attention).blockWidth * 4
    // Two blocks per layer for one sequence, one for the other two at first.
    let tight = generator(6 * 4 * block)
    #expect(try tight.tokens(of: requests) == expected)
    #expect(tight.peakCacheByteCount <= 6 * 4 * block)
    #expect(throws: InferenceError.cacheExhausted(limit: 6 * block)) {
      try generator(6 * block).tokens(of: requests)
    }
  }

  @Test func `prompts that come at the same time store once what they have in common`() throws {
    let decoder = try Decoder(SafetensorsModel(path: Fixtures.trainedModel.path), threads: 2)
    let common = (0..<48).map { Int32($0 * 31 % 997) }
    let requests = (0..<3).map {
      GenerationRequest(prompt: common + [Int32($0 + 5), 7], tokenLimit: 3)
    }
    let generator = Generator(decoder, capacity: Generator.Capacity(length: 64, sequenceCount: 3))
    _ = try generator.tokens(of: requests)
    // Three blocks for all and one for each, in every layer; alone, each would take four.
    #expect(
      generator.peakCacheByteCount
        == 6 * decoder.architecture.layers.count * generator.pool.blockByteCount)
  }
}
