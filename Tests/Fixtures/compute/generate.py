#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What Transformers computes in bf16 and fp16 for every checkpoint of `families/`.

    generate.py [FAMILY...]          in an environment with torch and transformers 5.23, on the CPU

Writes `FAMILY.safetensors` with, for both types, of the family's golden `input_ids` and with eager
attention and eager experts: `TYPE.state`, what leaves the first layer, and `TYPE.logits` of the last
positions, both stored as they are computed; and in the metadata `TYPE.floor`, the relative difference
||a - b|| / ||a|| that these logits have from those of the same program with products summed in fp64
before they are rounded: what an order of summation makes of them.
"""
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import AutoModelForCausalLM

HERE = Path(__file__).resolve().parent
FAMILIES = HERE.parent / "families"
KEPT = 8


PRODUCTS = (
    torch.ops.aten.mm.default,
    torch.ops.aten.bmm.default,
    torch.ops.aten.addmm.default,
    torch.ops.aten.baddbmm.default,
)


class ExactSums(TorchDispatchMode):
    """Products of 16-bit matrices summed in fp64 and rounded once."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        dtype = getattr(args[0], "dtype", None)
        if function in PRODUCTS and dtype in (torch.bfloat16, torch.float16):
            wide = [a.double() if isinstance(a, torch.Tensor) else a for a in args]
            return function(*wide, **kwargs).to(dtype)
        return function(*args, **kwargs)


def run(model, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    with torch.no_grad():
        result = model(ids[None].long(), output_hidden_states=True)
    return result.hidden_states[1][0], result.logits[0, -KEPT:]


def main() -> None:
    torch.set_num_threads(1)
    names = sys.argv[1:] or sorted(p.name for p in FAMILIES.iterdir() if p.is_dir())
    for name in names:
        golden = load_file(FAMILIES / name / "golden.safetensors")
        kept, metadata = {}, {"transformers": "5.23.0"}
        for key, dtype in (("bf16", torch.bfloat16), ("f16", torch.float16)):
            model = AutoModelForCausalLM.from_pretrained(
                FAMILIES / name, dtype=dtype, attn_implementation="eager",
                experts_implementation="eager",
            ).eval()
            state, logits = run(model, golden["input_ids"])
            with ExactSums():
                other, summed = run(model, golden["input_ids"])
            exact = golden["logits"][-KEPT:]
            wide = logits.float()
            floor = ((wide - summed.float()).norm() / wide.norm()).item()
            distance = ((wide - exact).norm() / wide.norm()).item()
            equal = (state == other).float().mean().item()
            print(f"{name} {key}: floor {floor:.2e}, from fp32 {distance:.2e}, state {equal:.4f}")
            kept[f"{key}.state"] = state.contiguous()
            kept[f"{key}.logits"] = logits.contiguous()
            metadata[f"{key}.floor"] = repr(floor)
        save_file(kept, HERE / f"{name}.safetensors", metadata=metadata)


if __name__ == "__main__":
    main()
