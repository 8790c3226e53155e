#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a tiny Llama and what Transformers with bitsandbytes saves of it, one folder per kind.

    generate.py

Needs transformers==5.23.0, torch==2.13.0 (CPU) and bitsandbytes==0.50.2. Weights are quantized on
the CPU with one thread, and saved before any forward pass. `nf4-transposed` is the plain NF4 model
after what a forward pass on a CPU with AVX512-BF16 does to it in memory and what saving undoes of
that: bitsandbytes' own two functions are called for each weight, so no such CPU is needed. Exact
bytes of `nf4-dq` depend on torch's order of summation.
"""

import json
import os
import shutil
from pathlib import Path

os.environ["TRANSFORMERS_OFFLINE"] = "1"

import torch
import transformers
from bitsandbytes import functional, nn

HERE = Path(__file__).resolve().parent
SOURCE = HERE / "source"
KINDS = {
    "nf4": dict(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16),
    "nf4-dq": dict(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
                   bnb_4bit_compute_dtype=torch.bfloat16),
    "fp4": dict(load_in_4bit=True, bnb_4bit_quant_type="fp4", bnb_4bit_compute_dtype=torch.bfloat16),
    "int8": dict(load_in_8bit=True),
}


def load(kind):
    config = transformers.BitsAndBytesConfig(**KINDS[kind])
    return transformers.AutoModelForCausalLM.from_pretrained(
        SOURCE, quantization_config=config, dtype=torch.bfloat16, device_map="cpu")


def save(model, name):
    target = HERE / name
    shutil.rmtree(target, ignore_errors=True)
    model.save_pretrained(target)
    (target / "generation_config.json").unlink(missing_ok=True)
    for file in target.iterdir():
        file.chmod(0o644)


def make_source():
    """Bf16 weights; rows of the last projection, 96 weights long, are straddled by blocks."""
    torch.manual_seed(4)
    config = transformers.LlamaConfig(
        hidden_size=64, intermediate_size=96, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=1, vocab_size=32, max_position_embeddings=64, tie_word_embeddings=False)
    model = transformers.LlamaForCausalLM(config)
    for name, parameter in model.named_parameters():
        if "norm" not in name:
            torch.nn.init.normal_(parameter, std=0.12)
    save(model.to(torch.bfloat16), "source")


def main():
    torch.set_num_threads(1)
    make_source()
    for kind in KINDS:
        save(load(kind), kind)
    model = load("nf4")
    for module in model.modules():
        # bitsandbytes fails where blocks straddle rows; such layers stay as they are here.
        if isinstance(module, nn.Linear4bit) and module.in_features % 64 == 0:
            data, state = functional._convert_weight_packed_for_cpu(
                module.weight.data, module.weight.quant_state)
            data, state = functional._convert_weight_packed_for_cpu_inverse(data, state)
            module.weight.data, module.weight.quant_state = data, state
    save(model, "nf4-transposed")
    for name in list(KINDS) + ["nf4-transposed"]:
        size = sum(f.stat().st_size for f in (HERE / name).iterdir())
        print(name, size, json.loads((HERE / name / "config.json").read_text())["quantization_config"]
              ["quant_method"])


if __name__ == "__main__":
    main()
