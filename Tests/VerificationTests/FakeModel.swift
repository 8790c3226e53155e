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
  /// Replaces the logits of every row where set.
  var constantLogits: [Float]?

  init(vocabularySize: Int = 13, layerCount: Int = 3, contextLength: Int = 64) {
    self.vocabularySize = vocabularySize
    self.layerCount = layerCount
    self.contextLength = contextLength
  }

  func hiddenStates(
    of windows: [[Int32]],
    observe: ((_ index: Int, _ states: UnsafeBufferPointer<Float>) throws -> Void)?
  ) throws -> [Float] {
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
    try states.withUnsafeBufferPointer { try observe?(0, $0) }
    for layer in 1...layerCount {
      for index in states.indices {
        states[index] = states[index] * 0.75 + disturbance * Float(index % 3 - 1)
      }
      try states.withUnsafeBufferPointer { try observe?(layer, $0) }
    }
    return states
  }

  func logits(
    of states: UnsafeBufferPointer<Float>, into logits: UnsafeMutableBufferPointer<Float>
  ) throws {
    for row in 0..<states.count / hiddenSize {
      for token in 0..<vocabularySize {
        let head = vector(of: Int32(token))
        var sum: Float = 0
        for lane in 0..<hiddenSize { sum += head[lane] * states[row * hiddenSize + lane] }
        logits[row * vocabularySize + token] = constantLogits?[token] ?? sum
      }
    }
  }

  private func vector(of token: Int32) -> [Float] {
    var random = SeededGenerator(seed: UInt64(token))
    return (0..<hiddenSize).map { _ in Float.random(in: -1...1, using: &random) }
  }
}

/// A text of `count` token ids below the fake model's vocabulary.
func fakeText(_ count: Int) -> [Int32] {
  var random = SeededGenerator(seed: 7)
  return (0..<count).map { _ in Int32.random(in: 0..<13, using: &random) }
}
