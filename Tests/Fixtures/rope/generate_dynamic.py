#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How Transformers 5.23 goes on greedily beyond the trained length where rope scaling is dynamic.

    generate_dynamic.py              with torch and transformers 5.23

Takes `families/llama` with 32 trained positions and a factor of 3, and writes `dynamic-generation.json`: the
prompts (ids), what follows with a cache, whose keys keep the angles that they were made with, and what
follows when the whole text is evaluated for every token.
"""
import json
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForCausalLM

HERE = Path(__file__).resolve().parent
MODEL = HERE.parent / "families" / "llama"
TRAINED, FACTOR, COUNT = 32, 3.0, 24
# Below the trained length all the way, across it, and beyond it from the start.
LENGTHS = [5, 20, 31, 53]


def load():
    config = AutoConfig.from_pretrained(MODEL)
    config.max_position_embeddings = TRAINED
    config.rope_parameters = {"rope_type": "dynamic", "factor": FACTOR, "rope_theta": config.rope_parameters["rope_theta"]}
    return AutoModelForCausalLM.from_pretrained(
        MODEL, config=config, dtype=torch.float32, attn_implementation="eager").eval()


def follow(ids, use_cache):
    model = load()  # afresh, for the model keeps the state of the longest text so far
    with torch.no_grad():
        out = model.generate(
            torch.tensor([ids]), attention_mask=torch.ones(1, len(ids)), max_new_tokens=COUNT, min_new_tokens=COUNT, do_sample=False,
            use_cache=use_cache, eos_token_id=None, pad_token_id=0)
    return out[0, len(ids):].tolist()


def main():
    size = load().config.vocab_size
    generator = torch.Generator().manual_seed(3)
    prompts = [torch.randint(0, size, (n,), generator=generator).tolist() for n in LENGTHS]
    result = {
        "rope_theta": load().config.rope_parameters["rope_theta"],
        "trained": TRAINED, "factor": FACTOR, "prompts": prompts,
        "cached": [follow(ids, True) for ids in prompts],
        "whole": [follow(ids, False) for ids in prompts],
    }
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in result.items())
    (HERE / "dynamic-generation.json").write_text("{" + lines + "}\n")


if __name__ == "__main__":
    main()
