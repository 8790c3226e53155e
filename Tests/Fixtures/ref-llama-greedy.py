#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes ref-llama-greedy.json: how Transformers 5.23.0 goes on greedily, in fp32 on CPU."""
import json
import pathlib

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

HERE = pathlib.Path(__file__).parent
MODEL = HERE.parent.parent / "examples/ref-llama"
PROMPTS = ["The following", "#include <stdio.h>\n\nint main", "You can use the C<open> function to", "é"]

model = AutoModelForCausalLM.from_pretrained(MODEL, dtype=torch.float32, attn_implementation="eager")
tokenizer = AutoTokenizer.from_pretrained(MODEL)
cases = []
for prompt in PROMPTS:
    for penalty in (1.0, 1.3):
        ids = tokenizer(prompt)["input_ids"]
        out = model.generate(torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long),
                             do_sample=False, max_new_tokens=40, repetition_penalty=penalty, pad_token_id=0)
        cases.append({"prompt": ids, "repetition_penalty": penalty, "tokens": out[0, len(ids):].tolist()})
(HERE / "ref-llama-greedy.json").write_text(json.dumps(cases) + "\n")
