// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Inference

/// What the families make of `config.json`, beyond what the golden logits show.
@Suite struct FamilyTests {
  /// The architecture of a small configuration with these keys added.
  private func architecture(_ family: Family, _ keys: String) throws -> Architecture {
    let text = """
      {"vocab_size": 32, "hidden_size": 64, "intermediate_size": 16, "num_hidden_layers": 4,
       "num_attention_heads": 32, \(keys)}
      """
    guard
      case .object(let values) = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    else { throw InferenceError.malformedConfiguration }
    let configuration = Configuration(values)
    let architecture = try family.architecture(configuration, StoredNames([]))
    try configuration.requireNothingElse(besides: [])
    return architecture
  }

  private func windows(_ architecture: Architecture) -> [Int?] {
    architecture.layers.map(\.attention.window)
  }

  @Test func `model types are unique`() {
    let types = Family.all.flatMap(\.modelTypes)
    #expect(Set(types).count == types.count)
  }

  @Test func `llama's absent keys have the reference's defaults`() throws {
    let model = try architecture(.llama, #""rope_scaling": null"#)
    let attention = model.layers[0].attention
    #expect(attention.keyValueHeadCount == 32)
    #expect(attention.headSize == 2)
    #expect(attention.scale == 1 / Float(2).squareRoot())
    #expect(attention.position.rotaryEmbedding?.theta == 10_000)
    guard case .direct(let query, _, _) = attention.input else {
      Issue.record("queries are made directly")
      return
    }
    #expect(query.bias == nil)
    #expect(model.contextLength == 2048)
    #expect(model.head.projection.weight.name == "lm_head.weight")
    #expect(windows(model) == [nil, nil, nil, nil])
    guard case .rootMeanSquare(_, let epsilon, _) = model.finalNorm else {
      Issue.record("the final norm is that of LLaMA")
      return
    }
    #expect(epsilon == 1e-6)
  }

  @Test func `mistral's window is 4096 where the key is absent, and none where it is null`() throws
  {
    let absent = try architecture(.mistral, #""rope_theta": 1e6"#)
    #expect(windows(absent) == [4096, 4096, 4096, 4096])
    #expect(absent.layers[0].attention.keyValueHeadCount == 8)
    let null = try architecture(.mistral, #""sliding_window": null, "num_key_value_heads": null"#)
    #expect(windows(null) == [nil, nil, nil, nil])
    #expect(null.layers[0].attention.keyValueHeadCount == 32)
  }

  @Test func `qwen's windows begin at max_window_layers`() throws {
    let keys = #""sliding_window": 16, "max_window_layers": 3"#
    let off = try architecture(.qwen2, keys)
    #expect(windows(off) == [nil, nil, nil, nil])
    let on = try architecture(.qwen2, keys + #", "use_sliding_window": true"#)
    #expect(windows(on) == [nil, nil, nil, 16])
  }

  @Test func `qwen's layer types win over max_window_layers`() throws {
    let keys = """
      "use_sliding_window": true, "sliding_window": 16, "max_window_layers": 0,
      "layer_types": ["full_attention", "sliding_attention", "full_attention", "full_attention"]
      """
    #expect(try windows(architecture(.qwen3, keys)) == [nil, 16, nil, nil])
  }

  @Test func `qwen's layer types must be known, and one for each layer`() throws {
    #expect(
      throws: InferenceError.unsupportedOption(key: "layer_types", value: "a list of 4")
    ) {
      try architecture(.qwen3, #""layer_types": ["linear_attention", "", "", ""]"#)
    }
    #expect(
      throws: InferenceError.invalidValue(
        key: "layer_types", expected: "a list of 4 strings", found: "a list of 1")
    ) {
      try architecture(.qwen3, #""layer_types": ["full_attention"]"#)
    }
  }

  @Test func `qwen 3's absent head size is 128`() throws {
    let model = try architecture(.qwen3, #""attention_bias": true"#)
    #expect(model.layers[0].attention.headSize == 128)
    #expect(model.layers[0].attention.output.bias != nil)
  }
}
