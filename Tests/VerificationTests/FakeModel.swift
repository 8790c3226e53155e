// SPDX-License-Identifier: Apache-2.0

import Inference
import TestSupport

/// A model of a few dozen numbers: each state mixes the token's own vector with what came before it.
struct FakeModel: LanguageModel {
  let vocabularySize: Int
  let hiddenSize = 8
  let layerCount: Int
  let contextLength: Int
  /// Added to every state by every layer; 0 leaves the model as it is.
  var disturbance: Float = 0
  /// Asks for so many windows at a time, as a model does whose weights are not in memory.
  var windowsPerEvaluation: Int?
  /// Replaces the logits of every row where set.
  var constantLogits: [Float]?

  init(vocabularySize: Int = 13, layerCount: Int = 3, contextLength: Int = 64) {
    self.vocabularySize = vocabularySize
    self.layerCount = layerCount
    self.contextLength = contextLength
  }

  func evaluation(of windows: [[Int32]]) throws -> any Evaluation {
    var states: [Float] = []
    for window in windows {
      var memory = [Float](repeating: 0, count: hiddenSize)
      for token in window {
        for (lane, value) in vector(of: token).enumerated() {
          memory[lane] = 0.5 * memory[lane] + value
        }
        states += memory
      }
    }
    return FakeEvaluation(self, states)
  }

  fileprivate func vector(of token: Int32) -> [Float] {
    var random = SeededGenerator(seed: UInt64(token))
    return (0..<hiddenSize).map { _ in Float.random(in: -1...1, using: &random) }
  }
}

/// Windows on their way through a fake model.
final class FakeEvaluation: Evaluation {
  private let model: FakeModel
  private let buffer: UnsafeMutableBufferPointer<Float>

  init(_ model: FakeModel, _ states: [Float]) {
    self.model = model
    buffer = .allocate(capacity: states.count)
    _ = buffer.initialize(from: states)
  }

  deinit { buffer.deallocate() }

  var states: UnsafeBufferPointer<Float> { UnsafeBufferPointer(buffer) }

  func advance() throws {
    for index in buffer.indices {
      buffer[index] =
        buffer[index] * 0.75 + model.disturbance * Float(index % model.hiddenSize % 3 - 1)
    }
  }

  func finish() throws {}

  func logits(of rows: Range<Int>, into logits: UnsafeMutableBufferPointer<Float>) throws {
    for (place, row) in rows.enumerated() {
      for token in 0..<model.vocabularySize {
        let head = model.vector(of: Int32(token))
        var sum: Float = 0
        for lane in 0..<model.hiddenSize {
          sum += head[lane] * states[row * model.hiddenSize + lane]
        }
        logits[place * model.vocabularySize + token] = model.constantLogits?[token] ?? sum
      }
    }
  }
}

/// A text of `count` token ids below the fake model's vocabulary.
func fakeText(_ count: Int) -> [Int32] {
  var random = SeededGenerator(seed: 7)
  return (0..<count).map { _ in Int32.random(in: 0..<13, using: &random) }
}
