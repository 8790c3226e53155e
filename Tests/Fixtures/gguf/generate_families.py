#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes FAMILY.gguf for some of ../families: the first layer and the first 32 tokens, converted by
llama.cpp's own converter without a change of the numbers' type.

    generate_families.py LLAMA_CPP [FOLDER]

LLAMA_CPP is llama.cpp's source folder. Needs torch, transformers, safetensors and gguf; made with
the llama.cpp of llama-cpp-python 0.3.36.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save_file

HERE = Path(__file__).resolve().parent
CONVERTER = HERE.parents[1] / "Interop/llama_cpp_convert.py"
NAMES = ["llama", "mixtral", "qwen3", "gemma2", "phi3", "gpt2", "gpt-neox", "falcon-40b"]
TOKENS = 32


def trim(source, target):
    """The checkpoint with one layer and few tokens, and the type of its numbers."""
    config = json.loads((source / "config.json").read_text())
    full = config["vocab_size"]
    config["vocab_size"] = TOKENS
    config["n_layer" if "n_layer" in config else "num_hidden_layers"] = 1
    if config.get("layer_types"):
        config["layer_types"] = config["layer_types"][:1]
    for key in ["bos_token_id", "eos_token_id", "pad_token_id"]:
        config.pop(key, None)
    tensors = {}
    with safe_open(source / "model.safetensors", "pt") as file:
        for name in file.keys():
            layer = re.search(r"\.(?:layers|h)\.(\d+)\.", name)
            if layer and layer[1] != "0":
                continue
            tensor = file.get_tensor(name)
            tensors[name] = tensor[:TOKENS].clone() if tensor.shape[:1] == (full,) else tensor
    (target / "config.json").write_text(json.dumps(config))
    save_file(tensors, target / "model.safetensors", metadata={"format": "pt"})
    return {"torch.bfloat16": "bf16", "torch.float16": "f16"}[
        str(max(tensors.values(), key=lambda t: t.numel()).dtype)]


def main(llama_cpp, folder):
    for name in NAMES:
        with tempfile.TemporaryDirectory() as temporary:
            trimmed = Path(temporary) / name
            trimmed.mkdir()
            type = trim(HERE.parent / "families" / name, trimmed)
            subprocess.run([sys.executable, CONVERTER, llama_cpp, trimmed,
                            Path(folder) / f"{name}.gguf", type], check=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else HERE)
