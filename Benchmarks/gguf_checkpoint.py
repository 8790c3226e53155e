#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a Llama checkpoint's weights as a GGUF file of the same type; needs gguf and numpy.

    gguf_checkpoint.py CHECKPOINT FILE.gguf

Enough for llama.cpp's tools to quantize and time it: right metadata and tensor names, query and key
rows in that program's rotary order, and a vocabulary of made-up tokens, since the checkpoints of
make_checkpoint.py have none. Norms become float32, as llama.cpp wants them. One tensor is in memory
at a time.
"""

import json
import sys
from pathlib import Path

import gguf
import numpy as np

NAMES = {
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
ENDS = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
TYPES = {"BF16": gguf.GGMLQuantizationType.BF16, "F16": gguf.GGMLQuantizationType.F16}
FILE_TYPES = {"BF16": gguf.LlamaFileType.MOSTLY_BF16, "F16": gguf.LlamaFileType.MOSTLY_F16}


def gguf_name(name):
    stem = name.removesuffix(".weight")
    if stem in ENDS:
        return f"{ENDS[stem]}.weight"
    layer, _, rest = stem.removeprefix("model.layers.").partition(".")
    return f"blk.{layer}.{NAMES[rest]}.weight"


def stored_tensors(folder):
    """(name, dtype, shape, path, absolute offset, byte count) of every tensor, from the headers."""
    for path in sorted(Path(folder).glob("*.safetensors")):
        with open(path, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(length))
        header.pop("__metadata__", None)
        for name, entry in header.items():
            start, end = entry["data_offsets"]
            yield name, entry["dtype"], entry["shape"], path, 8 + length + start, end - start


def rotary_order(words, heads):
    """Within each head, rows i and i + half become neighbours."""
    rows, columns = words.shape
    halves = words.reshape(heads, 2, rows // heads // 2, columns)
    return halves.swapaxes(1, 2).reshape(rows, columns)


def widen(words, dtype):
    if dtype == "F16":
        return words.view(np.float16).astype(np.float32)
    return (words.astype(np.uint32) << 16).view(np.float32)


def convert(folder, target):
    folder, config = Path(folder), json.loads((Path(folder) / "config.json").read_text())
    entries = list(stored_tensors(folder))
    dtype = next(e[1] for e in entries if len(e[2]) == 2)
    heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]

    writer = gguf.GGUFWriter(target, "llama")
    writer.add_file_type(FILE_TYPES[dtype])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_key_length(config["head_dim"])
    writer.add_value_length(config["head_dim"])
    writer.add_rope_dimension_count(config["head_dim"])
    writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_vocab_size(config["vocab_size"])
    writer.add_tokenizer_model("llama")
    writer.add_token_list([f"<{i}>" for i in range(config["vocab_size"])])
    writer.add_token_scores([0.0] * config["vocab_size"])
    writer.add_token_types([gguf.TokenType.NORMAL] * config["vocab_size"])
    writer.add_bos_token_id(config["bos_token_id"])
    writer.add_eos_token_id(config["eos_token_id"])

    for name, dtype, shape, *_ in entries:
        if len(shape) == 1:
            writer.add_tensor_info(gguf_name(name), shape, np.dtype(np.float32), 4 * shape[0])
        else:
            row = 2 * shape[1]
            writer.add_tensor_info(gguf_name(name), [shape[0], row], np.dtype(np.uint8),
                                   shape[0] * row, raw_dtype=TYPES[dtype])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for name, dtype, shape, path, offset, count in entries:
        words = np.fromfile(path, "<u2", count // 2, offset=offset).reshape(shape)
        if "q_proj" in name:
            words = rotary_order(words, heads)
        elif "k_proj" in name:
            words = rotary_order(words, kv_heads)
        stored = np.ascontiguousarray(words).view(np.uint8)
        writer.write_tensor_data(widen(words, dtype) if len(shape) == 1 else stored)
    writer.close()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    convert(sys.argv[1], sys.argv[2])
