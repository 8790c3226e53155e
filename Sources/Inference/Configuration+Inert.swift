// SPDX-License-Identifier: Apache-2.0

extension Configuration {
  /// Keys of `config.json` that no family's logits depend on.
  ///
  /// Three kinds: where the file comes from, how the model is trained or sampled, and how it is
  /// stored (sources restore the numbers, whatever `quantization_config` says). Keys that begin
  /// with an underscore are private to the program that wrote them and are inert as well.
  static let inertKeys: Set<String> = [
    // Provenance.
    "architectures", "auto_map", "is_llama_config", "name_or_path", "task_specific_params",
    "transformers.js_config", "transformers_version", "unsloth_fixed", "unsloth_version",
    // Storage.
    "compression_config", "dtype", "quantization_config", "torch_dtype", "torchscript",
    "use_bfloat16",
    // Training.
    "activation_dropout", "attention_dropout", "attn_pdrop", "classifier_dropout", "dropout",
    "emb_pdrop", "embd_pdrop", "embedding_dropout", "gradient_checkpointing", "hidden_dropout",
    "init_std", "initializer_range", "layerdrop", "resid_pdrop", "residual_dropout",
    "router_aux_loss_coef", "router_jitter_noise",
    // Running: caches, slicing of products and what is returned beside the logits.
    "attn_implementation", "cache_implementation", "chunk_size_feed_forward",
    "is_decoder", "output_router_logits", "pretraining_tp", "return_dict", "use_cache",
    // Tokenizing and sampling.
    "bos_token_id", "decoder_start_token_id", "diversity_penalty", "do_sample", "early_stopping",
    "eos_token_id", "id2label", "label2id", "length_penalty", "max_length", "max_sequence_length",
    "min_length", "num_beam_groups", "num_beams", "num_return_sequences", "pad_token_id",
    "prefix", "repetition_penalty", "sep_token_id", "temperature", "tokenizer_class", "top_k",
    "top_p", "typical_p", "unk_token_id",
  ]
}
