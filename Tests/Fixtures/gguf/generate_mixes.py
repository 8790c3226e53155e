#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes mixes.json: the type that llama-quantize chooses for every tensor of some models, for every
file type that Halftone makes. Needs gguf 0.19.0, numpy and a built llama-quantize (here as packed in
llama-cpp-python 0.3.36), which is only asked what it would do (--dry-run).

    generate_mixes.py LLAMA_QUANTIZE [FOLDER]

Models have the layers, heads and tensors of published ones and few rows. For each file type there is a
string with a letter for every tensor; "letters" says what they mean, "-" that the tensor stays.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import gguf
import numpy as np

# F32 is left out: the tensors are F32 already.
FILE_TYPES = """F16 BF16 Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q2_K Q2_K_S Q3_K_S Q3_K_M Q3_K_L Q4_K_S Q4_K_M
    Q5_K_S Q5_K_M Q6_K IQ4_NL IQ4_XS MXFP4_MOE""".split()

SPLIT = ["attn_q", "attn_k", "attn_v", "attn_output"]
FUSED = ["attn_qkv", "attn_output"]
GATED = ["ffn_gate", "ffn_up", "ffn_down"]
PLAIN = ["ffn_up", "ffn_down"]
EXPERTS = ["ffn_gate_inp", "ffn_gate_exps", "ffn_up_exps", "ffn_down_exps"]
LATENT = ["attn_q_a", "attn_q_b", "attn_kv_a_mqa", "attn_kv_b", "attn_output"]


def model(name, arch, layers, heads, kv, parts, tied=False, experts=0, columns=256, positions=False,
          mixed=None):
    """`mixed` gives, by layer number, other parts for some layers."""
    return dict(name=name, architecture=arch, layers=layers, heads=heads, kv=kv, parts=parts, tied=tied,
                experts=experts, columns=columns, positions=positions, mixed=mixed or (lambda layer: None))


MODELS = [
    model("Llama 3.1 8B", "llama", 32, 32, 8, SPLIT + GATED),
    model("Llama 2 7B", "llama", 32, 32, 32, SPLIT + GATED),
    model("Llama 3.2 1B, tied", "llama", 16, 32, 8, SPLIT + GATED, tied=True),
    model("Llama 3.1 70B", "llama", 80, 64, 8, SPLIT + GATED),
    model("LLaMA 65B", "llama", 80, 64, 64, SPLIT + GATED),
    model("Mixtral 8x7B", "llama", 32, 32, 8, SPLIT + EXPERTS, experts=8),
    model("Falcon 7B", "falcon", 32, 71, 1, FUSED + PLAIN, tied=True),
    model("Falcon 40B", "falcon", 60, 128, 8, FUSED + PLAIN),
    model("Gemma 2B, tied", "gemma", 18, 8, 1, SPLIT + GATED, tied=True),
    model("Gemma 2 2B, tied", "gemma2", 26, 8, 4, SPLIT + GATED, tied=True),
    model("Qwen 2 72B", "qwen2", 80, 64, 8, SPLIT + GATED),
    model("Qwen 2.5 0.5B, tied", "qwen2", 24, 14, 2, SPLIT + GATED, tied=True, columns=896),
    model("Qwen 3 30B A3B", "qwen3moe", 48, 32, 4, SPLIT + EXPERTS, experts=128),
    model("gpt-oss 20B", "gpt-oss", 24, 64, 8, SPLIT + EXPERTS, experts=32, columns=2880),
    model("Phi-2", "phi2", 32, 32, 32, FUSED + PLAIN),
    model("Phi-3 mini", "phi3", 32, 32, 32, FUSED + PLAIN),
    model("GPT-2", "gpt2", 12, 12, 12, FUSED + PLAIN, tied=True, positions=True),
    model("GPT-NeoX 20B", "gptneox", 44, 64, 64, FUSED + PLAIN),
    model("StarCoder 2 3B", "starcoder2", 30, 24, 2, SPLIT + PLAIN, tied=True),
    model("StableLM 2 1.6B", "stablelm", 24, 32, 32, SPLIT + GATED),
    model("OLMo 2 7B", "olmo2", 32, 32, 32, SPLIT + GATED),
    model("MPT 7B", "mpt", 32, 32, 32, FUSED + PLAIN, tied=True),
    model("DeepSeek V3", "deepseek2", 61, 128, 1, LATENT + EXPERTS, experts=256,
          mixed=lambda layer: LATENT + GATED if layer < 3 else None),
    model("rows of 96", "llama", 8, 4, 4, SPLIT + GATED, columns=96),
    model("rows of 48", "llama", 8, 4, 4, SPLIT + GATED, columns=48),
    model("4 experts", "llama", 8, 8, 2, SPLIT + EXPERTS, experts=4),
]


def outer(m):
    """The tensors that belong to no layer."""
    columns = m["columns"]
    yield "token_embd.weight", [4, columns]
    if m["positions"]:
        yield "position_embd.weight", [4, columns]
    yield "output_norm.weight", [columns]
    if not m["tied"]:
        yield "output.weight", [4, columns]


def inner(m, layer):
    """The tensors of a layer, without its prefix; what is never quantized only of the first."""
    columns = m["columns"]
    if layer == 0:
        yield "attn_norm.weight", [columns]
        yield "attn_output.bias", [columns]
    for part in m["mixed"](layer) or m["parts"]:
        stack = [2] if part.endswith("_exps") else []
        yield f"{part}.weight", stack + [2, columns]


def tensors(m):
    yield from outer(m)
    for layer in range(m["layers"]):
        for name, shape in inner(m, layer):
            yield f"blk.{layer}.{name}", shape


def groups(m):
    """Runs of layers that have the same tensors: first layer, number of layers, tensors."""
    found = []
    for layer in range(m["layers"]):
        parts = [list(tensor) for tensor in inner(m, layer)]
        if found and found[-1][2] == parts:
            found[-1][1] += 1
        else:
            found.append([layer, 1, parts])
    return found


def write(m, path):
    writer = gguf.GGUFWriter(path, m["architecture"])
    writer.add_block_count(m["layers"])
    writer.add_context_length(64)
    writer.add_embedding_length(m["columns"])
    writer.add_feed_forward_length(m["columns"])
    writer.add_head_count(m["heads"])
    writer.add_head_count_kv(m["kv"])
    writer.add_key_length(64)
    writer.add_value_length(64)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_layer_norm_eps(1e-5)
    writer.add_rope_dimension_count(64)
    writer.add_vocab_size(4)
    writer.add_sliding_window(32)
    writer.add_q_lora_rank(32)
    writer.add_kv_lora_rank(32)
    writer.add_leading_dense_block_count(3)
    writer.add_expert_weights_scale(1.0)
    writer.add_max_alibi_bias(8.0)
    writer.add_parallel_residual(True)
    if m["experts"]:
        writer.add_expert_count(m["experts"])
        writer.add_expert_used_count(2)
        writer.add_expert_feed_forward_length(m["columns"])
        writer.add_expert_shared_count(0)
    for name, shape in tensors(m):
        writer.add_tensor(name, np.zeros(shape, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def chosen(quantize, path, file_type):
    """The type of each tensor by name, for those that change."""
    run = subprocess.run([quantize, "--dry-run", path, file_type, "1"], capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"{path} {file_type}: {run.stdout[-2000:]}{run.stderr[-2000:]}")
    lines = re.findall(r"^\[ *\d+/ *\d+\] +(\S+) .*?type = +f32,(.*)$", run.stdout + run.stderr, re.M)
    if not lines:
        sys.exit(f"nothing to read in {run.stdout[-3000:]}{run.stderr[-3000:]}")
    found = {}
    for name, rest in lines:
        match = re.search(r"-> .*\((\S+)\)", rest)
        found[name] = match.group(1).lower() if match else None
    return found


def main(quantize, folder):
    letters, models = {"-": None}, []
    with tempfile.TemporaryDirectory() as work:
        path = Path(work) / "model.gguf"
        for m in MODELS:
            write(m, path)
            names = [name for name, _ in tensors(m)]
            types = {}
            for file_type in FILE_TYPES:
                found = chosen(quantize, path, file_type)
                assert set(found) == set(names), set(names) ^ set(found)
                text = ""
                for name in names:
                    type = found[name]
                    letter = next((k for k, v in letters.items() if v == type), None)
                    if letter is None:
                        letter = "abcdefghijklmnopqrstuvwxyz"[len(letters) - 1]
                        letters[letter] = type
                    text += letter
                types[file_type.lower()] = text
            models.append({
                "name": m["name"], "architecture": m["architecture"], "layers": m["layers"],
                "heads": m["heads"], "kv_heads": m["kv"], "experts": m["experts"],
                "outer": [list(tensor) for tensor in outer(m)],
                "layer_groups": [dict(first=a, count=n, tensors=t) for a, n, t in groups(m)],
                "types": types})
            path.unlink()
            print(m["name"], len(names))
    lines = ",\n".join(json.dumps(m, separators=(",", ":")) for m in models)
    text = f'{{"letters":{json.dumps(letters)},"models":[\n{lines}\n]}}\n'
    (Path(folder) / "mixes.json").write_text(text)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else Path(__file__).parent)
