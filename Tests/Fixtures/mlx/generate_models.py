#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes llama/ and mixtral/ with mlx-lm's own conversion of ../families on a CPU.

    python generate_models.py          needs mlx[cpu]==0.32.4 and mlx-lm==0.32.2

llama/ by the recipe mixed_3_6, mixtral/ with four bits; both in groups of 32. It is what `mlx_lm.convert`
does, without the tokenizer, which these checkpoints lack.
"""

from pathlib import Path

import mlx.core as mx
from mlx_lm.convert import mixed_quant_predicate_builder
from mlx_lm.utils import load_model, quantize_model, save_config, save_model

folder = Path(__file__).resolve().parent
mx.set_default_device(mx.cpu)

for name, recipe in (("llama", "mixed_3_6"), ("mixtral", None)):
    model, config = load_model(folder.parent / "families" / name, lazy=True)
    predicate = mixed_quant_predicate_builder(recipe, model, 32) if recipe else None
    model, config = quantize_model(model, config, 32, 4, quant_predicate=predicate)
    save_model(folder / name, model)
    save_config(config, folder / name / "config.json")
    (folder / name / "model.safetensors.index.json").unlink()
