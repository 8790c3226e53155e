#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What bitsandbytes 0.50.2 computes on the CPU with the models of `bitsandbytes/models`.

    generate_bitsandbytes.py         with torch 2.13, transformers 5.23 and bitsandbytes 0.50.2

Writes two files. `bitsandbytes.safetensors`: `input_ids` I32 [24], and of the models `nf4` (computing in
bf16 and fp16) and `int8` (fp16: LLM.int8()) the logits, eager attention. `int8-product.safetensors`: one
product of LLM.int8(), `x` F16 [20, 64] with outliers in three columns, `codes` I8 [48, 64], `scales`
F32 [48], `bias` F16 [48], `y` F16 [20, 48] of all rows at once and `single` of one row at a time.
"""
from pathlib import Path

import bitsandbytes as bnb
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, BitsAndBytesConfig

HERE = Path(__file__).resolve().parent
MODELS = HERE.parent / "bitsandbytes" / "models"
SEED = 20


def logits(name: str, ids: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    # A saved model keeps the type that it was quantized in, whatever is asked for; so the source is
    # quantized again, to the same codes.
    kind = {"nf4": dict(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype),
            "int8": dict(load_in_8bit=True)}[name]
    model = AutoModelForCausalLM.from_pretrained(
        MODELS / "source", dtype=dtype, attn_implementation="eager", device_map="cpu",
        quantization_config=BitsAndBytesConfig(**kind),
    ).eval()
    saved = load_file(MODELS / name / "model.safetensors")
    for key, value in model.state_dict().items():
        if key.endswith("proj.weight"):
            assert torch.equal(value, saved[key]), key
    with torch.no_grad():
        return model(ids[None].long()).logits[0]


def product() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(SEED)
    x = torch.randn(20, 64, generator=generator).half()
    x[3, 5], x[11, 5], x[7, 40], x[0, 63] = 9.5, -6.0, 71.0, 6.0
    x[2, 6] = 5.99609375  # the number before the threshold
    x[9] = 0
    weight = (torch.randn(48, 64, generator=generator) * 0.1).half()
    bias = torch.randn(48, generator=generator).half()
    codes, scales, _ = bnb.functional.int8_vectorwise_quant(weight)

    def multiply(rows: torch.Tensor) -> torch.Tensor:
        state = bnb.MatmulLtState()
        state.CB, state.SCB = codes, scales
        state.threshold, state.has_fp16_weights = 6.0, False
        state.is_training = False  # else the product is that of restored weights
        return bnb.matmul(rows.clone(), codes, bias=bias, state=state)

    single = torch.cat([multiply(row[None]) for row in x])
    return {
        "x": x, "codes": codes, "scales": scales, "bias": bias, "y": multiply(x), "single": single,
    }


def main() -> None:
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(SEED)
    size = AutoModelForCausalLM.from_pretrained(MODELS / "source").config.vocab_size
    ids = torch.randint(0, size, (24,), generator=generator, dtype=torch.int32)
    with torch.no_grad():
        save_file(product(), HERE / "int8-product.safetensors")
    save_file(
        {
            "input_ids": ids,
            "nf4.bf16": logits("nf4", ids, torch.bfloat16),
            "nf4.f16": logits("nf4", ids, torch.float16),
            "int8.llm-int8": logits("int8", ids, torch.float16),
        },
        HERE / "bitsandbytes.safetensors",
    )


if __name__ == "__main__":
    main()
