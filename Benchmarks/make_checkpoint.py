#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a checkpoint of random weights, to measure with; numpy is all it needs.

    make_checkpoint.py FOLDER [--size 500m|2b|tiny|mixtral|qwen3-moe] [--dtype bf16|f16] [--shard-bytes N] [--seed N]

All but the last two are Llama-shaped. Linear layers, embeddings and head are drawn from N(0, 0.02), norms are 1. Weights are made and
written some rows at a time, so memory stays near 100 MB whatever the size; the same arguments give
the same bytes. A folder that already holds this checkpoint is left as it is.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

SIZES = {
    # 502.2M parameters, 1.004 GB in 16 bits.
    "500m": dict(hidden=1536, layers=18, intermediate=4096, heads=12, kv_heads=4, vocabulary=16000),
    # 2.06G parameters, 4.13 GB: four times the first.
    "2b": dict(hidden=2560, layers=28, intermediate=7168, heads=20, kv_heads=4, vocabulary=16000),
    # 3.9M parameters, to try a script out.
    "tiny": dict(hidden=256, layers=2, intermediate=768, heads=2, kv_heads=1, vocabulary=4000),
    # Few large experts: 489M parameters, 0.98 GB, of which 8 experts of one kind are 134 MB.
    "mixtral": dict(hidden=2048, layers=2, intermediate=4096, heads=16, kv_heads=4, vocabulary=16000,
                    experts=8, chosen_experts=2, family="mixtral"),
    # Many small experts: 494M parameters, 0.99 GB, of which 64 experts of one kind are 101 MB.
    "qwen3-moe": dict(hidden=1024, layers=3, intermediate=768, heads=16, kv_heads=4, vocabulary=16000,
                      experts=64, chosen_experts=8, family="qwen3_moe"),
}
SHARD_BYTES = {"2b": 1_200_000_000}
CHUNK = 1 << 22


def tensors(s):
    """(name, shape) of everything in the checkpoint, in model order."""
    hidden, kv = s["hidden"], s["hidden"] // s["heads"] * s["kv_heads"]
    yield "model.embed_tokens.weight", (s["vocabulary"], hidden)
    for i in range(s["layers"]):
        p = f"model.layers.{i}."
        yield p + "input_layernorm.weight", (hidden,)
        yield p + "self_attn.q_proj.weight", (hidden, hidden)
        yield p + "self_attn.k_proj.weight", (kv, hidden)
        yield p + "self_attn.v_proj.weight", (kv, hidden)
        yield p + "self_attn.o_proj.weight", (hidden, hidden)
        yield p + "post_attention_layernorm.weight", (hidden,)
        if s.get("family") == "qwen3_moe":
            yield p + "self_attn.q_norm.weight", (hidden // s["heads"],)
            yield p + "self_attn.k_norm.weight", (hidden // s["heads"],)
        yield from feed_forward(s, p)
    yield "model.norm.weight", (hidden,)
    yield "lm_head.weight", (s["vocabulary"], hidden)


def feed_forward(s, p):
    """The feed-forward layers after the prefix `p`, one expert after the other where there are some."""
    hidden, intermediate = s["hidden"], s["intermediate"]
    block, gate, up, down = "mlp.", "gate_proj", "up_proj", "down_proj"
    if s.get("family") == "mixtral":
        block, gate, up, down = "block_sparse_moe.", "w1", "w3", "w2"
    prefixes = [p + block]
    if "experts" in s:
        yield p + block + "gate.weight", (s["experts"], hidden)
        prefixes = [f"{p}{block}experts.{e}." for e in range(s["experts"])]
    for prefix in prefixes:
        yield f"{prefix}{gate}.weight", (intermediate, hidden)
        yield f"{prefix}{up}.weight", (intermediate, hidden)
        yield f"{prefix}{down}.weight", (hidden, intermediate)


def expert_config(s):
    """What a family with experts says of them."""
    if s.get("family") == "mixtral":
        return {"architectures": ["MixtralForCausalLM"], "model_type": "mixtral",
                "num_local_experts": s["experts"], "num_experts_per_tok": s["chosen_experts"]}
    if s.get("family") == "qwen3_moe":
        return {"architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe",
                "num_experts": s["experts"], "num_experts_per_tok": s["chosen_experts"],
                "moe_intermediate_size": s["intermediate"], "decoder_sparse_step": 1,
                "mlp_only_layers": [], "norm_topk_prob": True}
    return {}


def config(s, dtype):
    return {
        "architectures": ["LlamaForCausalLM"],
        "attention_bias": False,
        "bos_token_id": 0,
        "dtype": {"bf16": "bfloat16", "f16": "float16"}[dtype],
        "eos_token_id": 1,
        "head_dim": s["hidden"] // s["heads"],
        "hidden_act": "silu",
        "hidden_size": s["hidden"],
        "intermediate_size": s["intermediate"],
        "max_position_embeddings": 2048,
        "mlp_bias": False,
        "model_type": "llama",
        "num_attention_heads": s["heads"],
        "num_hidden_layers": s["layers"],
        "num_key_value_heads": s["kv_heads"],
        "rms_norm_eps": 1e-06,
        "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"},
        "tie_word_embeddings": False,
        "vocab_size": s["vocabulary"],
    } | expert_config(s)


def narrow(values, dtype):
    """float32 to the bytes of bf16 (nearest, ties to even; finite input) or fp16."""
    if dtype == "f16":
        return values.astype("<f2")
    word = values.view(np.uint32)
    return ((word + 0x7FFF + ((word >> 16) & 1)) >> 16).astype("<u2")


def write_tensor(file, shape, random, dtype):
    remaining = int(np.prod(shape))
    while remaining:
        count = min(remaining, CHUNK)
        if len(shape) == 1:
            values = np.ones(count, np.float32)
        else:
            values = random.standard_normal(count, dtype=np.float32) * np.float32(0.02)
        file.write(narrow(values, dtype).tobytes())
        remaining -= count


def write_shard(path, entries, dtype, seed):
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for _, name, shape in entries:
        size = 2 * int(np.prod(shape))
        header[name] = {"dtype": dtype.upper(), "shape": list(shape),
                        "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for number, _, shape in entries:
            write_tensor(file, shape, np.random.Generator(np.random.SFC64([seed, number])), dtype)
    return offset


def shards(entries, limit):
    """Consecutive tensors, at most `limit` bytes to a shard unless one alone is larger."""
    shard, size = [], 0
    for entry in entries:
        count = 2 * int(np.prod(entry[2]))
        if shard and limit and size + count > limit:
            yield shard
            shard, size = [], 0
        shard.append(entry)
        size += count
    yield shard


def make(folder, size="500m", dtype="bf16", shard_bytes=None, seed=1):
    """Makes the checkpoint unless it is there; returns its folder."""
    folder = Path(folder)
    recipe = {"size": size, "dtype": dtype, "shard_bytes": shard_bytes or SHARD_BYTES.get(size),
              "seed": seed, "numpy": np.__version__}
    stamp = folder / "made-by-make_checkpoint.json"
    if stamp.exists() and json.loads(stamp.read_text()) == recipe:
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    entries = [(i, name, shape) for i, (name, shape) in enumerate(tensors(SIZES[size]))]
    groups = list(shards(entries, recipe["shard_bytes"]))
    total, weight_map = 0, {}
    for number, group in enumerate(groups, 1):
        file = "model.safetensors"
        if len(groups) > 1:
            file = f"model-{number:05}-of-{len(groups):05}.safetensors"
        total += write_shard(folder / file, group, dtype, seed)
        weight_map |= {name: file for _, name, _ in group}
    if len(groups) > 1:
        index = {"metadata": {"total_parameters": total // 2, "total_size": total},
                 "weight_map": weight_map}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")
    (folder / "config.json").write_text(json.dumps(config(SIZES[size], dtype), indent=2) + "\n")
    stamp.write_text(json.dumps(recipe) + "\n")
    return folder


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", choices=SIZES, default="500m")
    parser.add_argument("--dtype", choices=["bf16", "f16"], default="bf16")
    parser.add_argument("--shard-bytes", type=int, help="default: one file, or 1.2 GB for 2b")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    make(options.folder, options.size, options.dtype, options.shard_bytes, options.seed)
    for path in sorted(options.folder.iterdir()):
        print(f"{path.stat().st_size:>13}  {path.name}", file=sys.stderr)


if __name__ == "__main__":
    main()
