#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What Transformers computes in bf16 and fp16 for every checkpoint of `families/`.

    generate.py [FAMILY...]          in an environment with torch and transformers 5.23, on the CPU

Writes `FAMILY.safetensors`: `bf16` and `f16`, the logits of the last positions of the family's golden
`input_ids`, with eager attention and eager experts, stored as they are computed.
"""
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

HERE = Path(__file__).resolve().parent
FAMILIES = HERE.parent / "families"
KEPT = 8


def logits(folder: Path, ids: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    model = AutoModelForCausalLM.from_pretrained(
        folder, dtype=dtype, attn_implementation="eager", experts_implementation="eager"
    ).eval()
    with torch.no_grad():
        return model(ids[None].long()).logits[0]


def main() -> None:
    torch.set_num_threads(1)
    names = sys.argv[1:] or sorted(p.name for p in FAMILIES.iterdir() if p.is_dir())
    for name in names:
        golden = load_file(FAMILIES / name / "golden.safetensors")
        ids = golden["input_ids"]
        kept = {}
        for key, dtype in (("bf16", torch.bfloat16), ("f16", torch.float16)):
            value = logits(FAMILIES / name, ids, dtype)
            exact = golden["logits"]
            error = ((value.float() - exact).norm() / exact.norm()).item()
            print(f"{name} {key}: {error:.2e} from fp32", flush=True)
            kept[key] = value[-KEPT:].contiguous()
        save_file(kept, HERE / f"{name}.safetensors", metadata={"transformers": "5.23.0"})


if __name__ == "__main__":
    main()
