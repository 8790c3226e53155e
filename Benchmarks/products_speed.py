#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Perplexity in exact arithmetic against OpenBLAS' fp32 matrix products alone, on the same shapes.

    products_speed.py [--checkpoint FOLDER] [--text FILE] [--context 512] [--windows 4] [--runs 5]

The products are those of the linear layers and the output head, and nothing else: neither attention
nor norms, activations, loading or scoring. They run in a C program with OpenBLAS' own threads, a whole
window of rows at a time. halftone is charged for its evaluation (its `seconds`), which is
all of that. Both do the same number of tokens; the checkpoint, Llama-shaped, is the made 500M model by default.
"""

import json
import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

import make_checkpoint
import measure


def linear_layers(config):
    """(outputs, inputs, how often) of every product with weights that one token goes through."""
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    heads = config["num_attention_heads"]
    size = config.get("head_dim") or hidden // heads
    layers, keys = config["num_hidden_layers"], config["num_key_value_heads"] * size
    return [(heads * size, hidden, layers), (keys, hidden, 2 * layers), (hidden, heads * size, layers),
            (inner, hidden, 2 * layers), (hidden, inner, layers), (config["vocab_size"], hidden, 1)]


def main():
    examples = measure.REPOSITORY / "examples"
    parser = measure.options(__doc__, checkpoint=True)
    parser.add_argument("--text", type=Path, default=examples / "eval.txt")
    parser.add_argument("--context", type=int, default=512)
    parser.add_argument("--windows", type=int, default=4)
    chosen = parser.parse_args()
    halftone = measure.program(chosen)
    with measure.scratch(tempfile.gettempdir()) as folder:
        source = chosen.checkpoint or folder / "source"
        if not chosen.checkpoint:
            make_checkpoint.make(source)
            for name in ("tokenizer.json", "tokenizer_config.json"):
                shutil.copy(examples / "ref-llama" / name, source)
        config = json.loads((source / "config.json").read_text())
        shapes = [str(n) for shape in linear_layers(config) for n in shape]
        products = folder / "products"
        flags = shlex.split(subprocess.run(["pkg-config", "--cflags", "--libs", "openblas"],
                                           capture_output=True, text=True, check=True).stdout)
        measure.command(os.environ.get("CC", "cc"), "-O2",
                        measure.REPOSITORY / "Benchmarks/kernels/products.c", "-o", products, *flags)

        def alone():
            lines = measure.command(products, chosen.threads, chosen.windows, chosen.context, *shapes,
                                    text_output=True)
            return sum(float(line) for line in lines.split())

        def evaluated():
            result = json.loads(measure.command(
                halftone, "perplexity", source, "--text", chosen.text, "--context", chosen.context,
                "--max-windows", chosen.windows, "--threads", chosen.threads, "--json",
                text_output=True))
            return result["seconds"]

        timings = measure.alternate({"products alone": alone, "halftone": evaluated}, chosen.runs)
    tokens = chosen.windows * chosen.context
    flop = 2 * tokens * sum(n * k * times for n, k, times in linear_layers(config))
    notes = {"tokens": tokens, "threads": chosen.threads,
             "GFLOP/s of the products alone": round(flop / timings["products alone"].median / 1e9, 1)}
    notes |= {f"{name} tokens/s": round(tokens / t.median, 1) for name, t in timings.items()}
    measure.report("Perplexity in fp32 against matrix products alone", chosen, timings.values(),
                   [measure.ratio(timings["products alone"], timings["halftone"])], notes,
                   packages=["numpy"])


if __name__ == "__main__":
    main()
