// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors
import Testing

/// Names and ranks as the families' checkpoints have them.
@Suite struct TensorRoleTests {
  private static let linear = [
    "model.layers.0.self_attn.q_proj.weight", "model.layers.31.mlp.gate_proj.weight",
    "transformer.h.3.attn.c_attn.weight", "transformer.h.0.self_attention.query_key_value.weight",
    "transformer.h.0.mlp.dense_4h_to_h.weight", "gpt_neox.layers.0.attention.dense.weight",
    "model.layers.0.block_sparse_moe.experts.7.w1.weight",
    "model.layers.0.mlp.experts.63.down_proj.weight",
    "model.layers.0.mlp.shared_expert.gate_proj.weight", "model.layers.0.mlp.fc1.weight",
    "model.layers.0.self_attn.dense.weight", "model.layers.0.self_attn.qkv_proj.weight",
    "model.layers.0.self_attn.kv_a_proj_with_mqa.weight", "layers.0.attention.wq.weight",
  ]
  private static let embeddings = [
    "model.embed_tokens.weight", "transformer.wte.weight", "transformer.wpe.weight",
    "transformer.word_embeddings.weight", "word_embeddings.weight", "gpt_neox.embed_in.weight",
    "tok_embeddings.weight", "model.decoder.embed_positions.weight",
    "transformer.embedding.word_embeddings.weight",
  ]
  private static let heads = [
    "lm_head.weight", "embed_out.weight", "output.weight", "transformer.output_layer.weight",
  ]
  private static let routers = [
    "model.layers.0.block_sparse_moe.gate.weight", "model.layers.0.mlp.gate.weight",
    "model.layers.0.mlp.router.weight", "model.layers.0.mlp.shared_expert_gate.weight",
    "transformer.blocks.0.ffn.router.layer.weight",
  ]
  private static let norms = [
    "model.norm.weight", "model.layers.0.input_layernorm.weight", "transformer.ln_f.weight",
    "transformer.h.0.ln_attn.weight", "word_embeddings_layernorm.weight",
    "model.layers.0.self_attn.q_norm.weight", "model.final_layernorm.weight",
  ]
  private static let vectors: [(String, [Int])] = [
    ("transformer.h.0.attn.c_attn.bias", [2304]), ("transformer.h.0.attn.bias", [1, 1, 8, 8]),
    ("model.layers.0.self_attn.sinks", [64]), ("model.layers.0.mlp.router.bias", [32]),
    ("gpt_neox.layers.0.attention.rotary_emb.inv_freq", [16]),
    ("backbone.layers.0.mixer.conv1d.weight", [8, 1, 4]),
    ("model.layers.0.mlp.gate.e_score_correction_bias", [64]),
    ("model.layers.0.mlp.experts.gate_up_proj_bias", [32, 5760]),
    ("model.layers.0.mlp.experts.down_proj_bias", [32, 2880]),
    ("lm_head.bias", [50]),
  ]

  private func role(
    _ name: String, _ shape: [Int] = [128, 64], _ type: ElementType = .bf16
  ) -> TensorRole {
    TensorRole(
      of: TensorDescription(
        name: name, shape: shape, elementType: type, scheme: type.rawValue.lowercased(),
        storedByteCount: 0))
  }

  @Test(arguments: linear)
  func `linear layers are known by being nothing else`(name: String) {
    #expect(role(name) == .linear)
  }

  @Test(arguments: embeddings) func `embeddings are known`(name: String) {
    #expect(role(name) == .embedding)
  }

  @Test(arguments: heads) func `output heads are known`(name: String) {
    #expect(role(name) == .outputHead)
  }

  @Test(arguments: routers) func `routers are known`(name: String) {
    #expect(role(name) == .router)
  }

  @Test(arguments: norms) func `norms are known, also those with a row for each head`(name: String)
  {
    #expect(role(name, [64]) == .norm)
    #expect(role(name, [8, 64]) == .norm)
  }

  @Test(arguments: vectors)
  func `biases and what is no matrix are known`(name: String, shape: [Int]) {
    #expect(role(name, shape) == .vector)
  }

  @Test func `fused experts are linear layers`() {
    #expect(role("model.layers.0.mlp.experts.gate_up_proj", [32, 64, 128]) == .linear)
    #expect(role("model.layers.0.feed_forward.experts.down_proj", [16, 64, 128]) == .linear)
  }

  @Test func `other types and tensors without weights are known by that`() {
    #expect(role("model.layers.0.mlp.experts.gate_up_proj_blocks", [4, 4], .u8) == .notFloating)
    #expect(role("model.layers.0.mlp.up_proj.weight", [4, 4], .f8e4m3) == .notFloating)
    #expect(role("model.layers.0.mlp.up_proj.weight", [0, 4]) == .empty)
  }
}
