// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelTestSupport
import Tensors
import TestSupport

/// A Llama of one layer with random weights, whose rows are whole blocks of every scheme and format.
///
/// Sendable because nobody changes the folder once it is filled.
final class SmallLlama: @unchecked Sendable {
  /// Made once for all tests.
  static let shared = Result { try SmallLlama() }

  private static let (hidden, inner, vocabulary) = (256, 512, 64)

  let path: String
  private let folder: TemporaryFolder

  private init() throws {
    folder = try TemporaryFolder()
    path = folder.path
    var seed: UInt64 = 0
    func tensor(_ name: String, _ shape: [Int]) -> TestTensor {
      seed += 1
      let count = shape.reduce(1, *)
      let isNorm = shape.count == 1
      return TestTensor(
        "model.\(name).weight", .bf16, shape,
        isNorm
          ? [Float](repeating: 1, count: count)
          : TestTensor.spread(count, seed: seed, scale: 0.25))
    }
    let (h, i) = (Self.hidden, Self.inner)
    let layer = "layers.0."
    try [
      tensor("embed_tokens", [Self.vocabulary, h]), tensor("norm", [h]),
      tensor(layer + "input_layernorm", [h]), tensor(layer + "post_attention_layernorm", [h]),
      tensor(layer + "self_attn.q_proj", [h, h]), tensor(layer + "self_attn.k_proj", [h / 2, h]),
      tensor(layer + "self_attn.v_proj", [h / 2, h]), tensor(layer + "self_attn.o_proj", [h, h]),
      tensor(layer + "mlp.gate_proj", [i, h]), tensor(layer + "mlp.up_proj", [i, h]),
      tensor(layer + "mlp.down_proj", [h, i]),
    ].write(to: folder.path("model.safetensors"))
    try folder.write(
      """
      {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": \(h),
      "intermediate_size": \(i), "num_hidden_layers": 1, "num_attention_heads": 4,
      "num_key_value_heads": 2, "vocab_size": \(Self.vocabulary), "rms_norm_eps": 1e-6,
      "max_position_embeddings": 64, "hidden_act": "silu", "tie_word_embeddings": true,
      "torch_dtype": "bfloat16"}
      """, as: "config.json")
    // One token for each of the first characters from 'A' on.
    let tokens = (0..<Self.vocabulary).map {
      "\"\(UnicodeScalar(UInt8(65 + $0 % 26)))\($0)\": \($0)"
    }
    try folder.write(
      """
      {"version": "1.0", "added_tokens": [], "normalizer": null, "post_processor": null,
      "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
      "use_regex": true}, "decoder": {"type": "ByteLevel"},
      "model": {"type": "BPE", "vocab": {\(tokens.joined(separator: ", "))}, "merges": []}}
      """, as: "tokenizer.json")
  }
}
