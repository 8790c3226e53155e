#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes cases.json: rotary frequencies as the reference implementation computes them.

Needs transformers (5.23.0 was used) and torch (2.13, CPU). Each case is a config.json fragment, a
window length, the frequencies that a fresh LlamaRotaryEmbedding has after its first window of that
length, and the factor of cosine and sine.
"""

import json
import pathlib

import torch
from transformers import LlamaConfig
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

llama3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 512}
yarn = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 256}

long = {"rope_type": "longrope", "short_factor": [1.0 + 0.01 * pair for pair in range(32)],
        "long_factor": [1.0 + 0.37 * pair for pair in range(32)], "original_max_position_embeddings": 64}

CASES = [
    ("default", {"rope_theta": 10000.0}, 64),
    ("default, newer keys", {"rope_parameters": {"rope_type": "default", "rope_theta": 500000.0}}, 64),
    ("no key at all", {}, 64),
    ("linear, legacy type key", {"rope_theta": 10000.0, "rope_scaling": {"type": "linear", "factor": 2.5}}, 64),
    ("linear, newer keys", {"rope_parameters": {"rope_type": "linear", "factor": 4.0, "rope_theta": 1e6}}, 64),
    ("dynamic, short window", {"rope_theta": 10000.0, "rope_scaling": {"type": "dynamic", "factor": 2.0}}, 64),
    ("dynamic, long window", {"rope_theta": 10000.0, "rope_scaling": {"type": "dynamic", "factor": 2.0}}, 400),
    ("dynamic, longest window", {"rope_parameters": {"rope_type": "dynamic", "factor": 3.0, "rope_theta": 5e5}}, 768),
    ("llama3", {"rope_theta": 500000.0, "rope_scaling": llama3, "max_position_embeddings": 4096}, 64),
    ("llama3, newer keys", {"rope_parameters": llama3 | {"rope_theta": 500000.0, "factor": 32.0}}, 64),
    ("yarn", {"rope_theta": 10000.0, "rope_scaling": yarn, "max_position_embeddings": 1024}, 64),
    ("yarn, own ramp", {"rope_theta": 150000.0, "rope_scaling": yarn | {"beta_fast": 24.0, "beta_slow": 2.0, "truncate": False}}, 64),
    ("yarn, own attention factor", {"rope_theta": 10000.0, "rope_scaling": yarn | {"attention_factor": 0.8}}, 64),
    ("yarn, two scales", {"rope_theta": 10000.0, "rope_scaling": yarn | {"mscale": 0.9, "mscale_all_dim": 0.4}}, 64),
    ("yarn, length beside", {"rope_theta": 10000.0, "rope_scaling": {"rope_type": "yarn", "factor": 8.0},
                             "original_max_position_embeddings": 128}, 64),
    ("longrope, short window", {"rope_theta": 10000.0, "rope_scaling": long}, 64),
    ("longrope, long window", {"rope_theta": 10000.0, "rope_scaling": long}, 65),
    ("longrope, own factor", {"rope_parameters": long | {"rope_theta": 500000.0, "factor": 16.0}}, 200),
    ("longrope, own attention factor", {"rope_theta": 10000.0, "rope_scaling": long | {"attention_factor": 1.19}}, 200),
]

BASE = {"model_type": "llama", "vocab_size": 32, "hidden_size": 128, "intermediate_size": 64,
        "num_hidden_layers": 1, "num_attention_heads": 2, "max_position_embeddings": 256}

cases = []
for name, keys, length in CASES:
    config = BASE | keys
    module = LlamaRotaryEmbedding(LlamaConfig(**json.loads(json.dumps(config))))
    module(torch.zeros(1), torch.arange(length)[None])
    cases.append({"name": name, "config": config, "window": length,
                  "frequencies": module.inv_freq.tolist(), "amplitude": float(module.attention_scaling)})

path = pathlib.Path(__file__).parent / "cases.json"
path.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
