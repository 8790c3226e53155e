// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import Inference

/// Keys that published files carry beside those of the fixtures, and that must not be refused.
@Suite struct PublishedKeysTests {
  struct File: CustomTestStringConvertible, Sendable {
    var family: String
    /// Whose file has the keys.
    var model: String
    /// A JSON object.
    var keys: String

    var testDescription: String { model }
  }

  @Test(arguments: [
    File(
      family: "bloom", model: "bloom-560m",
      keys: """
        {"attention_softmax_in_fp32": true, "bias_dropout_fusion": true, "n_inner": null,
         "masked_softmax_fusion": true, "offset_alibi": 100, "seq_length": 2048, "skip_bias_add": true,
         "skip_bias_add_qkv": false, "unk_token_id": 0}
        """),
    File(
      family: "deepseek-v3", model: "DeepSeek-V3",
      keys: """
        {"auto_map": {"AutoConfig": "x"}, "aux_loss_alpha": 0.001, "ep_size": 1, "moe_layer_freq": 1,
         "scoring_func": "sigmoid", "seq_aux": true, "topk_method": "noaux_tc",
         "quantization_config": {"quant_method": "fp8"}}
        """),
    File(
      family: "falcon-7b", model: "falcon-7b",
      keys: #"{"apply_residual_connection_post_layernorm": false, "auto_map": {"AutoConfig": "x"}}"#
    ),
    File(
      family: "gemma", model: "gemma-2b",
      keys: #"{"hidden_act": "gelu", "hidden_activation": "gelu_pytorch_tanh"}"#),
    File(
      family: "gemma2", model: "gemma-2-9b",
      keys: """
        {"hidden_act": "gelu_pytorch_tanh", "cache_implementation": "hybrid",
         "sliding_window_size": 4096}
        """),
    File(
      family: "gemma3", model: "gemma-3-1b-it",
      keys: """
        {"rope_parameters": null, "layer_types": null, "rope_theta": 1000000,
         "rope_local_base_freq": 10000, "sliding_window_pattern": 6, "cache_implementation": "hybrid",
         "rope_scaling": null}
        """),
    File(
      family: "gpt2", model: "gpt2",
      keys: """
        {"n_ctx": 1024, "task_specific_params": {"text-generation": {"max_length": 50}},
         "summary_type": "cls_index", "summary_use_proj": true}
        """),
    File(
      family: "gpt-oss", model: "gpt-oss-20b",
      keys: """
        {"experts_per_token": 4, "initial_context_length": 4096, "rope_theta": 150000,
         "rope_parameters": null, "quantization_config": {"quant_method": "mxfp4"}, "rope_scaling":
         {"beta_fast": 32.0, "beta_slow": 1.0, "factor": 32.0, "original_max_position_embeddings": 4096,
          "rope_type": "yarn", "truncate": false}}
        """),
    File(
      family: "mpt", model: "mpt-7b",
      keys: """
        {"init_config": {"name": "kaiming_normal_"}, "init_device": "cpu", "verbose": 0,
         "tokenizer_name": "x", "embedding_fraction": 1.0}
        """),
    File(
      family: "opt", model: "opt-125m",
      keys: #"{"activation_dropout": 0.0, "prefix": "</s>", "layerdrop": 0.0, "dropout": 0.1}"#),
    File(
      family: "phi3", model: "Phi-4-mini-instruct",
      keys: """
        {"attention_bias": false, "auto_map": {"AutoConfig": "x"}, "full_attn_mod": 1,
         "interpolate_factor": 1, "lm_head_bias": false, "mlp_bias": false, "sliding_window": 262144}
        """),
    File(
      family: "qwen3-moe", model: "Qwen3-30B-A3B",
      keys: #"{"max_window_layers": 48, "num_experts": 8, "num_local_experts": null}"#),
    File(
      family: "starcoder2", model: "starcoder2-3b",
      keys: """
        {"activation_function": "gelu_pytorch_tanh", "attention_softmax_in_fp32": true,
         "layer_norm_epsilon": 1e-05, "mlp_type": "default", "norm_type": "layer_norm",
         "scale_attention_softmax_in_fp32": true, "scale_attn_weights": true}
        """),
  ])
  func `keys of published files are known`(file: File) throws {
    let folder = Fixtures.folder.appending(path: "families/\(file.family)")
    let keys = try JSONSerialization.jsonObject(with: Data(file.keys.utf8)) as? [String: Any]
    let model = try AlteredModel(folder).configured(#require(keys))
    try Architecture(of: model).validate(against: model)
  }
}
