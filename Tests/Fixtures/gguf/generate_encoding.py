#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes encoded.gguf: weights, and in a tensor of each block type's name what llama-quantize makes of
them. Needs gguf 0.19.0, numpy, safetensors and a built llama-quantize (here as packed in
llama-cpp-python 0.3.36), which the CPU must not change: it quantizes with code for the x86-64 baseline.

    generate_encoding.py LLAMA_QUANTIZE [FOLDER]

Rows are 256 weights: normal, bf16, heavy-tailed, of one scale in every part, sparse, whole, constant,
zeros, subnormal, tiny, large, far from zero, with both signs of the extreme, just below powers of two,
and of the trained model in examples/.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import gguf
import numpy as np
from gguf import GGMLQuantizationType as T
from safetensors import safe_open

COLUMNS, SEED = 256, 20261124
# The file type that gives every tensor the block type, with --pure.
FILE_TYPES = {
    T.Q4_0: "Q4_0", T.Q4_1: "Q4_1", T.Q5_0: "Q5_0", T.Q5_1: "Q5_1", T.Q8_0: "Q8_0",
    T.Q2_K: "Q2_K", T.Q3_K: "Q3_K_S", T.Q4_K: "Q4_K_S", T.Q5_K: "Q5_K_S", T.Q6_K: "Q6_K",
    T.IQ4_NL: "IQ4_NL", T.IQ4_XS: "IQ4_XS", T.MXFP4: "MXFP4_MOE",
}


def bf16(x):
    bits = x.astype(np.float32).view(np.uint32)
    rounded = bits + 0x7FFF + (bits >> 16 & 1)
    return (rounded & 0xFFFF0000).astype(np.uint32).view(np.float32)


def rows(random):
    normal = lambda: random.normal(0, 0.02, COLUMNS)
    part = np.arange(COLUMNS) // 16
    yield from (normal() for _ in range(4))
    yield from (bf16(normal()) for _ in range(4))
    yield from (0.01 * random.normal(0, 1, COLUMNS) ** 5 for _ in range(3))
    yield from (normal() * 2.0 ** -part, normal() * 4.0 ** (part - 8))
    yield from (np.where(random.random(COLUMNS) < 0.05, normal(), 0) for _ in range(2))
    yield random.integers(-15, 16, COLUMNS)
    yield random.integers(-3, 4, COLUMNS)
    for value in (0.0, -0.0, 1.0, -0.3, 1e-20):
        yield np.full(COLUMNS, value)
    yield np.where(part % 2 == 0, 0, normal())
    yield np.where(part % 3 == 0, -0.25, normal())
    yield np.where(random.random(COLUMNS) < 0.5, -0.0, 0.0)
    subnormal = random.integers(0, 1 << 23, COLUMNS, dtype=np.uint32).view(np.float32)
    yield subnormal * random.choice([-1, 1], COLUMNS)
    yield normal() * 1e-14
    yield normal() * 10.0 ** (-2 * part)
    yield normal() * 1e4
    yield normal() + 1
    yield normal() - 1
    yield np.where(random.random(COLUMNS) < 0.5, 0.5, -0.5)
    exponents = random.integers(110, 140, COLUMNS // 32).repeat(32)
    below = (exponents << 23) + 0x7FFFFF - random.integers(0, 100, COLUMNS)
    yield below.astype(np.uint32).view(np.float32)


def trained(root):
    with safe_open(root / "examples" / "ref-llama" / "model.safetensors", "pt") as model:
        for name in ("model.layers.0.self_attn.q_proj.weight", "model.layers.2.mlp.down_proj.weight"):
            weights = model.get_tensor(name).float().numpy().reshape(-1)
            yield from weights[: 6 * COLUMNS].reshape(-1, COLUMNS)


def write(path, tensors):
    """A model of one layer, as far as llama-quantize looks at it."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(1)
    writer.add_context_length(COLUMNS)
    writer.add_embedding_length(COLUMNS)
    writer.add_feed_forward_length(COLUMNS)
    writer.add_head_count(4)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(next(iter(tensors.values()))))
    for name, (data, type) in tensors.items():
        writer.add_tensor(name, data, raw_dtype=type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main(quantize, folder):
    random = np.random.default_rng(SEED)
    root = Path(__file__).resolve().parents[3]
    weights = np.stack([*rows(random), *trained(root)]).astype(np.float32)
    tensors = {"weights": (weights, T.F32)}
    with tempfile.TemporaryDirectory() as work:
        source, target = Path(work) / "source.gguf", Path(work) / "target.gguf"
        write(source, {"blk.0.ffn_up.weight": (weights, T.F32)})
        for type, file_type in FILE_TYPES.items():
            subprocess.run([quantize, "--pure", source, target, file_type, "1"], check=True,
                           capture_output=True)
            tensor, = gguf.GGUFReader(target).tensors
            assert tensor.tensor_type == type, tensor
            tensors[type.name.lower()] = (np.array(tensor.data), type)
    write(Path(folder) / "encoded.gguf", tensors)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else Path(__file__).parent)
