// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import Inference

@Suite struct InferenceErrorTests {
  private let source: AlteredModel

  init() throws {
    source = try AlteredModel(Fixtures.folder.appending(path: "families/llama"))
  }

  private func expect(_ error: InferenceError, of source: AlteredModel) {
    #expect(throws: error) { try Decoder(source, threads: 1) }
  }

  // MARK: - config.json

  @Test func `a model needs a configuration`() {
    expect(.missingConfiguration, of: source.configured(with: nil))
  }

  @Test(arguments: ["", "{", "[]", "3"])
  func `the configuration must be an object`(text: String) {
    expect(.malformedConfiguration, of: source.configured(with: text))
  }

  @Test(arguments: [
    "model_type", "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers",
    "num_attention_heads",
  ])
  func `a size that has no default must be there`(key: String) throws {
    expect(.missingKey(key), of: try source.configured([key: nil as Any?]))
  }

  @Test func `an unknown family is named`() throws {
    expect(
      .unknownFamily(name: "abacus", known: Family.all.flatMap(\.modelTypes)),
      of: try source.configured(["model_type": "abacus"]))
  }

  @Test func `a value of another type is named`() throws {
    expect(
      .invalidValue(key: "hidden_size", expected: "an integer", found: "\"64\""),
      of: try source.configured(["hidden_size": "64"]))
    expect(
      .invalidValue(key: "attention_bias", expected: "true or false", found: "1"),
      of: try source.configured(["attention_bias": 1]))
  }

  @Test(arguments: [0, -4, Int.max])
  func `a count must be in range`(count: Int) throws {
    expect(
      .invalidValue(
        key: "num_hidden_layers", expected: "an integer of 1...10000", found: String(count)),
      of: try source.configured(["num_hidden_layers": count]))
  }

  @Test func `heads must divide`() throws {
    expect(
      .invalidValue(
        key: "num_key_value_heads", expected: "a divisor of num_attention_heads (4)", found: "3"),
      of: try source.configured(["num_key_value_heads": 3]))
    expect(
      .invalidValue(
        key: "hidden_size", expected: "a multiple of num_attention_heads (4)", found: "66"),
      of: try source.configured(["hidden_size": 66, "head_dim": nil as Any?]))
  }

  @Test func `an option that isn't implemented is named`() throws {
    expect(
      .unsupportedOption(key: "hidden_act", value: "\"relu6\""),
      of: try source.configured(["hidden_act": "relu6"]))
    expect(
      .unsupportedOption(key: "logit_softcapping", value: "30"),
      of: try source.configured(["logit_softcapping": 30]))
  }

  @Test func `an option that is off is none`() throws {
    _ = try Decoder(
      source.configured(["logit_softcapping": nil as Any?, "use_rotation": false]), threads: 1)
  }

  // MARK: - Tensors

  @Test func `a missing tensor is named with its shape`() {
    expect(
      .missingTensor(name: "model.layers.1.mlp.up_proj.weight", shape: [160, 64]),
      of: source.removing("model.layers.1.mlp.up_proj.weight"))
  }

  @Test func `an unexpected shape is named`() throws {
    expect(
      .unexpectedShape(
        tensor: "model.layers.0.self_attn.q_proj.weight", expected: [96, 64], found: [64, 64]),
      of: try source.configured(["head_dim": 24]))
  }

  @Test(arguments: [
    "model.layers.0.self_attn.q_proj.bias", "model.layers.2.self_attn.q_norm.weight",
    "model.layers.3.input_layernorm.weight", "lm_head.bias",
  ])
  func `a tensor that would be left out is named`(name: String) {
    expect(.unusedTensor(name: name), of: source.adding(name, shape: [1], values: [0]))
  }

  @Test(arguments: ["score.weight", "model.layers.0.self_attn.rotary_emb.inv_freq"])
  func `a tensor that the logits don't depend on is ignored`(name: String) throws {
    _ = try Decoder(source.adding(name, shape: [1], values: [0]), threads: 1)
  }

  // MARK: - Windows

  @Test func `windows are checked`() throws {
    let model = try Decoder(source, threads: 1)
    func expect(_ error: InferenceError, of windows: [[Int32]]) {
      #expect(throws: error) { try model.hiddenStates(of: windows, observe: nil) }
    }
    expect(.tokenOutsideVocabulary(id: 512, vocabularySize: 512), of: [[0, 512]])
    expect(.tokenOutsideVocabulary(id: -1, vocabularySize: 512), of: [[0, -1]])
    expect(.unequalWindows(expected: 2, found: 1), of: [[0, 1], [0]])
    expect(.unequalWindows(expected: 0, found: 0), of: [[]])
    expect(
      .windowTooLong(length: 257, limit: 256), of: [[Int32](repeating: 0, count: 257)])
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func `logits that are no numbers are found at their position`(value: Float) throws {
    let model = try Decoder(source, threads: 1)
    var logits = [Float](repeating: 1, count: 4 * model.vocabularySize)
    logits.withUnsafeBufferPointer { logits in
      #expect(throws: Never.self) {
        try model.requireFinite(logits, firstRow: 10, windowLength: 5)
      }
    }
    logits[3 * model.vocabularySize - 1] = value
    _ = logits.withUnsafeBufferPointer { logits in
      #expect(throws: InferenceError.nonFiniteLogit(window: 2, position: 2)) {
        try model.requireFinite(logits, firstRow: 10, windowLength: 5)
      }
    }
  }

  @Test func `a message names what it is about and what to do`() {
    let error = InferenceError.unexpectedShape(
      tensor: "a.weight", expected: [2, 3], found: [3, 2])
    #expect(
      error.description
        == "tensor 'a.weight' must have shape [2, 3], found [3, 2]; "
        + "check that config.json belongs to this model")
  }
}
