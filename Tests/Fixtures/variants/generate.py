#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the small checkpoints of this folder and cases.json: what the reference implementation
measures on them, and on the checkpoints of ../families with other options.

Needs transformers (5.23.0 was used) and torch (2.13, CPU). Weights are random, from a seed of the
checkpoint's name, scaled so that every part matters, and stored as bf16. A case is a checkpoint, the
keys of its config.json that are set, and the mean negative log-likelihood in nats
of the token ids in windows of `context`, each alone from position 0, positions 1 to context - 1 scored,
in fp32 arithmetic on the stored weights with eager attention.
"""

import json
import pathlib
import shutil
import tempfile
import zlib

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.pytorch_utils import Conv1D

HERE = pathlib.Path(__file__).parent
FAMILIES = HERE.parent / "families"
VOCABULARY = 96
SMALL = {"vocab_size": VOCABULARY, "hidden_size": 32, "intermediate_size": 40, "num_hidden_layers": 2,
         "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 256}
FALCON = {"vocab_size": VOCABULARY, "hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 6,
          "ffn_hidden_size": 64}
MPT = {"vocab_size": VOCABULARY, "d_model": 36, "n_heads": 6, "n_layers": 2, "max_seq_len": 256}
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 48}

# Name: model type and the keys of its config.
CHECKPOINTS = {
    "bloom-6-heads": ("bloom", {"vocab_size": VOCABULARY, "hidden_size": 36, "n_layer": 2, "n_head": 6}),
    "deepseek-v3-direct-queries": ("deepseek_v3", SMALL | {
        "num_key_value_heads": 4, "q_lora_rank": None, "kv_lora_rank": 16, "qk_nope_head_dim": 12,
        "qk_rope_head_dim": 8, "v_head_dim": 10, "attention_bias": True, "first_k_dense_replace": 1,
        "n_routed_experts": 8, "n_shared_experts": 2, "moe_intermediate_size": 12, "n_group": 2,
        "topk_group": 1, "num_experts_per_tok": 3, "norm_topk_prob": False}),
    "falcon-alibi-6-heads": ("falcon", FALCON | {
        "alibi": True, "bias": True, "multi_query": False, "parallel_attn": False}),
    "falcon-grouped-one-norm": ("falcon", FALCON | {
        "new_decoder_architecture": True, "num_kv_heads": 3, "num_ln_in_parallel_attn": 1}),
    "falcon-sequential": ("falcon", FALCON | {"parallel_attn": False, "bias": True}),
    "gemma-odd-scale": ("gemma", SMALL | {
        "hidden_size": 40, "head_dim": 8, "num_key_value_heads": 1, "attention_bias": True}),
    "gpt-neox-without-bias": ("gpt_neox", {
        key: value for key, value in SMALL.items() if key != "num_key_value_heads"
    } | {"attention_bias": False, "tie_word_embeddings": True}),
    "llama-biases": ("llama", SMALL | {
        "attention_bias": True, "mlp_bias": True, "tie_word_embeddings": True}),
    "mpt-6-heads": ("mpt", MPT | {"attn_config": {"alibi_bias_max": 6, "clip_qkv": 1.5}}),
    "mpt-qk-ln": ("mpt", MPT | {"attn_config": {"clip_qkv": 1.5, "qk_ln": True}}),
    "opt-norms-after": ("opt", {
        "vocab_size": VOCABULARY, "hidden_size": 32, "ffn_dim": 64, "num_hidden_layers": 2,
        "num_attention_heads": 4, "max_position_embeddings": 128, "word_embed_proj_dim": 24,
        "do_layer_norm_before": False, "bos_token_id": 2, "eos_token_id": 2, "pad_token_id": 1}),
    "opt-without-affine-norms": ("opt", {
        "vocab_size": VOCABULARY, "hidden_size": 32, "ffn_dim": 64, "num_hidden_layers": 2,
        "num_attention_heads": 4, "max_position_embeddings": 128, "enable_bias": False,
        "layer_norm_elementwise_affine": False, "activation_function": "gelu"}),
    "phi-head-norms": ("phi", SMALL | {
        "qk_layernorm": True, "rope_parameters": {"rope_theta": 10000.0, "partial_rotary_factor": 0.5}}),
    "phi3-partly-rotated": ("phi3", SMALL | {
        "tie_word_embeddings": True, "sliding_window": 24, "pad_token_id": 0,
        "rope_parameters": {"rope_theta": 10000.0, "partial_rotary_factor": 0.75}}),
    "qwen3-moe-every-other-layer": ("qwen3_moe", SMALL | {
        "num_hidden_layers": 4, "head_dim": 8, "num_experts": 6, "num_experts_per_tok": 3,
        "moe_intermediate_size": 12, "decoder_sparse_step": 2, "mlp_only_layers": [3],
        "norm_topk_prob": False}),
    "stablelm-parallel": ("stablelm", SMALL | {
        "use_parallel_residual": True, "qk_layernorm": True, "use_qkv_bias": True}),
    "starcoder2-without-bias": ("starcoder2", SMALL | {
        "use_bias": False, "tie_word_embeddings": False, "sliding_window": 24}),
}

ALL_FAMILIES = sorted(path.name for path in FAMILIES.iterdir() if path.is_dir())
LONG = {"short_factor": [1.0, 1.02, 1.05, 1.1, 1.2, 1.3, 1.4, 1.5],
        "long_factor": [1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0]}

# Checkpoint, what of config.json is changed, tokens per window.
CASES = (
    [(f"families/{name}", {}, 96) for name in ALL_FAMILIES]
    + [(f"variants/{name}", {}, 96) for name in CHECKPOINTS]
    + [
        ("families/llama", {"rope_scaling": {"type": "linear", "factor": 4.0}, "max_position_embeddings": 64}, 192),
        ("families/llama", {"rope_scaling": {"type": "dynamic", "factor": 2.0}, "max_position_embeddings": 64}, 128),
        ("families/llama", {"rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
                                             "high_freq_factor": 4.0, "original_max_position_embeddings": 32}}, 192),
        ("families/llama", {"rope_scaling": YARN, "max_position_embeddings": 192}, 192),
        ("families/llama", {"hidden_act": "gelu"}, 96),
        ("families/llama", {"hidden_act": "relu"}, 96),
        ("families/qwen2", {"rope_scaling": {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 48}}, 192),
        ("families/qwen2", {"use_sliding_window": True, "sliding_window": 16, "max_window_layers": 1}, 96),
        ("families/qwen3", {"rope_parameters": YARN | {"rope_theta": 10000.0}}, 192),
        ("families/qwen3-moe", {"use_sliding_window": True, "sliding_window": 16}, 96),
        ("families/qwen3-moe", {"norm_topk_prob": False, "num_experts_per_tok": 3}, 96),
        ("families/mixtral", {"sliding_window": 16}, 96),
        ("families/starcoder2", {"sliding_window": 16}, 96),
        ("families/phi3", {"sliding_window": 16}, 96),
        ("families/phi3", {"rope_scaling": LONG | {"type": "longrope"}, "original_max_position_embeddings": 64}, 64),
        ("families/phi3", {"rope_scaling": LONG | {"type": "longrope"}, "original_max_position_embeddings": 64}, 192),
        ("families/phi3", {"rope_scaling": LONG | {"type": "su", "original_max_position_embeddings": 64}}, 192),
        ("families/deepseek-v3", {"rope_scaling": {
            "type": "yarn", "factor": 4.0, "beta_fast": 32, "beta_slow": 1, "mscale": 1.0, "mscale_all_dim": 0.7,
            "original_max_position_embeddings": 64}}, 192),
        ("families/deepseek-v3", {"rope_interleave": False, "routed_scaling_factor": 1.5}, 96),
        ("families/gpt-oss", {"rope_parameters": YARN | {"rope_theta": 10000.0, "truncate": False}}, 192),
        ("families/gpt-oss", {"rope_parameters": None}, 192),
        ("families/gpt-oss", {"swiglu_limit": 0.5, "swiglu_alpha": 1.2}, 96),
        ("families/gemma", {"hidden_act": "gelu"}, 96),
        ("families/gemma2", {"query_pre_attn_scalar": 20, "attn_logit_softcapping": 2.0, "final_logit_softcapping": 5.0}, 96),
        ("families/gemma2", {"attn_logit_softcapping": None, "final_logit_softcapping": None}, 96),
        ("families/gemma3", {"rope_parameters": {"full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6},
                                                 "sliding_attention": {"rope_type": "default", "rope_theta": 1e4}}}, 192),
        ("families/gemma3", {"rope_parameters": None, "layer_types": None, "rope_theta": 5e5, "rope_local_base_freq": 5e3,
                             "sliding_window_pattern": 3, "rope_scaling": {"rope_type": "linear", "factor": 4.0}}, 96),
        ("families/falcon-7b", {"rope_scaling": {"type": "dynamic", "factor": 2.0}, "max_position_embeddings": 64}, 128),
        ("families/gpt-neox", {"use_parallel_residual": False, "rotary_pct": 0.5}, 96),
        ("families/gpt2", {"scale_attn_by_inverse_layer_idx": True, "activation_function": "gelu"}, 96),
        ("families/gpt2", {"scale_attn_weights": False}, 96),
        ("families/mpt", {"attn_config": {"softmax_scale": 0.3, "clip_qkv": 0.5, "alibi_bias_max": 4}}, 96),
        ("families/phi", {"partial_rotary_factor": 0.25, "hidden_act": "gelu"}, 96),
        ("families/stablelm", {"partial_rotary_factor": 0.5, "rope_theta": 500.0}, 96),
    ]
)


class NormalizedQKV(torch.nn.Module):
    """The fused projection of MPT with qk_ln, which Transformers leaves out: clipped, then the rows of
    queries and keys normalized, as llm-foundry does."""

    def __init__(self, linear, clip):
        super().__init__()
        self.linear, self.clip = linear, clip
        size = linear.in_features
        self.q_ln, self.k_ln = (torch.nn.LayerNorm(size, bias=False) for _ in range(2))

    def forward(self, x):
        query, key, value = self.linear(x).clamp(-self.clip, self.clip).chunk(3, dim=-1)
        return torch.cat([self.q_ln(query), self.k_ln(key), value], dim=-1)


def randomize(model, seed):
    torch.manual_seed(seed)
    transposed = {id(module.weight) for module in model.modules() if isinstance(module, Conv1D)}
    embeddings = {id(module.weight) for module in model.modules() if isinstance(module, torch.nn.Embedding)}
    adds_one = "gemma" in model.config.model_type
    for name, parameter in sorted(model.named_parameters()):
        noise = torch.randn_like(parameter)
        if id(parameter) in embeddings:
            value = 0.8 * noise
        elif parameter.dim() > 1:
            value = 1.6 * noise / parameter.shape[0 if id(parameter) in transposed else -1] ** 0.5
        elif name.endswith("bias"):
            value = 0.2 * noise
        else:
            value = 0.3 * noise + (0 if adds_one else 1)
        parameter.data.copy_(value)
    for name, buffer in sorted(model.named_buffers()):
        if name.endswith("e_score_correction_bias"):
            buffer.copy_(0.2 * torch.randn_like(buffer))


def normalize_queries(model, clip):
    for block in model.transformer.blocks:
        block.attn.clip_qkv = None
        block.attn.Wqkv = NormalizedQKV(block.attn.Wqkv, clip)


def make(name, model_type, keys):
    config = AutoConfig.for_model(model_type, **json.loads(json.dumps(keys)))
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    has_norms = model_type == "mpt" and config.attn_config.qk_ln
    if has_norms:
        normalize_queries(model, config.attn_config.clip_qkv)
    randomize(model, zlib.crc32(name.encode()))
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    model.to(torch.bfloat16).save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    if has_norms:
        path = folder / "model.safetensors"
        tensors = {key.replace("Wqkv.linear", "Wqkv").replace("Wqkv.q_ln", "q_ln").replace("Wqkv.k_ln", "k_ln"): value
                   for key, value in load_file(path).items()}
        save_file(tensors, path, metadata={"format": "pt"})


def load(path, changes):
    config = json.loads((path / "config.json").read_text())
    config |= changes
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "config.json").write_text(json.dumps(config))
        shutil.copy(path / "model.safetensors", folder)
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    if config["model_type"] == "mpt":
        # Transformers leaves out alibi_bias_max as well.
        biases = model.transformer.build_mpt_alibi_tensor
        largest = model.config.attn_config.alibi_bias_max
        model.transformer.build_mpt_alibi_tensor = lambda *sizes, device: biases(*sizes, largest, device)
    if config.get("attn_config", {}).get("qk_ln"):
        normalize_queries(model, config["attn_config"]["clip_qkv"])
        stored = load_file(path / "model.safetensors")
        for index, block in enumerate(model.transformer.blocks):
            for norm in ("q_ln", "k_ln"):
                weight = stored[f"transformer.blocks.{index}.attn.{norm}.weight"]
                getattr(block.attn.Wqkv, norm).weight.data = weight.float()
    return model.eval()


@torch.no_grad()
def mean_nll(model, tokens, context):
    tokens = tokens % model.config.get_text_config().vocab_size
    losses = []
    for start in range(0, len(tokens) - context + 1, context):
        window = tokens[start:start + context]
        scores = model(window[None]).logits[0, :-1].double().log_softmax(-1)
        losses.append(-scores.gather(1, window[1:, None]))
    return float(torch.cat(losses).mean())


for name, (model_type, keys) in CHECKPOINTS.items():
    make(name, model_type, keys)
tokens = torch.randint(0, 512, (400,), generator=torch.Generator().manual_seed(1))
lines = []
for path, changes, context in CASES:
    value = mean_nll(load(HERE.parent / path, changes), tokens, context)
    lines.append(json.dumps({"model": path, "config": changes, "context": context, "mean_nll": value}))
    print(path, changes, context, value)
(HERE / "cases.json").write_text(
    '{"tokens": ' + json.dumps(tokens.tolist()) + ',\n"cases": [\n' + ",\n".join(lines) + "\n]}\n")
