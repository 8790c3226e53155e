// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors
import TestSupport
import Testing

@testable import Inference

@Suite struct DecoderTests {
  static let folder = Fixtures.folder.appending(path: "families/llama")

  /// Windows of random tokens.
  private func windows(count: Int, length: Int, below vocabularySize: Int) -> [[Int32]] {
    var generator = SeededGenerator(seed: 7)
    return (0..<count).map { _ in
      (0..<length).map { _ in Int32.random(in: 0..<Int32(vocabularySize), using: &generator) }
    }
  }

  @Test(
    arguments: [1, 63, 64, 65],
    ["bloom", "deepseek-v3", "gemma3", "gpt-oss", "gpt2", "llama", "mpt"])
  func `a window's states are the same bits alone and in a batch`(
    length: Int, family: String
  ) throws {
    let folder = Fixtures.folder.appending(path: "families/\(family)")
    let model = try Decoder(AlteredModel(folder), threads: 2)
    let windows = windows(count: 5, length: length, below: model.vocabularySize)
    let together = try model.hiddenStates(of: windows, observe: nil)
    let alone = try windows.flatMap { try model.hiddenStates(of: [$0], observe: nil) }
    #expect(together == alone)
  }

  @Test func `results are the same bits for every number of threads`() throws {
    let source = try AlteredModel(Self.folder).configured(["max_position_embeddings": 512])
    let one = try Decoder(source, threads: 1)
    // Longer than a tile, so that one window is cut.
    let windows = windows(count: 2, length: 300, below: one.vocabularySize)
    let expected = try one.hiddenStates(of: windows, observe: nil)
    let logits = try one.logits(ofWindow: windows[0])
    for threads in [2, 3, 1000] {
      let many = try Decoder(source, threads: threads)
      #expect(try many.hiddenStates(of: windows, observe: nil) == expected)
      #expect(try many.logits(ofWindow: windows[0]) == logits)
    }
  }

  @Test func `later tokens don't change earlier states`() throws {
    let model = try Decoder(AlteredModel(Self.folder), threads: 1)
    let first = windows(count: 1, length: 100, below: model.vocabularySize)[0]
    var second = first
    second[70] = (first[70] + 1) % Int32(model.vocabularySize)
    let a = try model.hiddenStates(of: [first], observe: nil)
    let b = try model.hiddenStates(of: [second], observe: nil)
    let kept = 70 * model.hiddenSize
    #expect(a[..<kept] == b[..<kept])
    #expect(a[kept...] != b[kept...])
  }

  @Test func `the observer sees the embedding and what leaves each layer`() throws {
    let source = try AlteredModel(Self.folder)
    let model = try Decoder(source, threads: 2)
    let ids: [Int32] = [3, 1, 4, 1, 5]
    var indices: [Int] = []
    var first: [Float] = []
    _ = try model.hiddenStates(of: [ids]) { index, states in
      indices.append(index)
      #expect(states.count == ids.count * model.hiddenSize)
      if index == 0 { first = Array(states) }
    }
    #expect(indices == Array(0...model.layerCount))
    let table = try source.numbers("model.embed_tokens.weight")
    let expected = ids.flatMap { id in
      table[Int(id) * model.hiddenSize..<(Int(id) + 1) * model.hiddenSize]
    }
    #expect(first == expected)
  }

  @Test func `an observer's error ends the evaluation`() throws {
    let model = try Decoder(AlteredModel(Self.folder), threads: 1)
    var calls = 0
    #expect(throws: InferenceError.malformedConfiguration) {
      _ = try model.hiddenStates(of: [[1, 2]]) { _, _ in
        calls += 1
        throw InferenceError.malformedConfiguration
      }
    }
    #expect(calls == 1)
  }

  @Test func `no window gives no states`() throws {
    let model = try Decoder(AlteredModel(Self.folder), threads: 1)
    #expect(try model.hiddenStates(of: [], observe: nil).isEmpty)
  }

  @Test func `a tied head is the embedding`() throws {
    let source = try AlteredModel(Self.folder)
    let embedding = try source.numbers("model.embed_tokens.weight")
    let untied = try Decoder(
      source.adding("lm_head.weight", shape: [512, 64], values: embedding), threads: 1)
    let tied = try Decoder(
      source.removing("lm_head.weight").configured(["tie_word_embeddings": true]), threads: 1)
    #expect(try tied.logits(ofWindow: [1, 2, 3]) == untied.logits(ofWindow: [1, 2, 3]))
  }

  @Test func `both layouts of the rotary keys give the same logits`() throws {
    let source = try AlteredModel(Self.folder)
    let newer = try source.configured([
      "rope_theta": nil as Any?, "rope_scaling": nil as Any?,
      "rope_parameters": ["rope_theta": 10000.0, "rope_type": "default"],
    ])
    let older = try Decoder(source, threads: 1).logits(ofWindow: [9, 8, 7])
    #expect(try Decoder(newer, threads: 1).logits(ofWindow: [9, 8, 7]) == older)
  }

  @Test func `biases of zero change nothing and biases of one do`() throws {
    let source = try AlteredModel(Self.folder)
    let plain = try Decoder(source, threads: 1).logits(ofWindow: [9, 8, 7])
    for (key, modules) in [
      ("attention_bias", ["q_proj": 64, "k_proj": 32, "v_proj": 32, "o_proj": 64]),
      ("mlp_bias", ["gate_proj": 160, "up_proj": 160, "down_proj": 64]),
    ] {
      func biased(_ value: Float) throws -> [Float] {
        var model = try source.configured([key: true])
        for layer in 0..<3 {
          for (module, size) in modules {
            let part = key == "mlp_bias" ? "mlp" : "self_attn"
            model = model.adding(
              "model.layers.\(layer).\(part).\(module).bias", shape: [size],
              values: [Float](repeating: value, count: size))
          }
        }
        return try Decoder(model, threads: 1).logits(ofWindow: [9, 8, 7])
      }
      #expect(try biased(0) == plain)
      #expect(try biased(1) != plain)
    }
  }

  @Test(arguments: [
    ("deepseek-v3", "model.layers.1.mlp.gate.weight"),
    ("mixtral", "model.layers.0.block_sparse_moe.gate.weight"),
    ("gpt-oss", "model.layers.0.mlp.router.bias"),
  ])
  func `a router of NaN gives NaN`(family: String, router: String) throws {
    let source = try AlteredModel(Fixtures.folder.appending(path: "families/\(family)"))
    let tensor = try #require(source.description(of: router))
    let model = try Decoder(
      source.adding(
        router, shape: tensor.shape,
        values: [Float](repeating: .nan, count: tensor.elementCount)),
      threads: 1)
    #expect(try model.logits(ofWindow: [1, 2, 3]).contains { $0.isNaN })
  }
}
