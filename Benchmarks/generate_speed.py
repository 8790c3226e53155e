#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Generating and reading prompts against llama.cpp's llama-bench, on the same weights.

    generate_speed.py --memory-folder FOLDER --llama-bench FILE --llama-quantize FILE [--checkpoint FOLDER]

NF4 and int4 stand beside Q4_0, int8 beside Q8_0, and prompts in exact arithmetic beside F32: those pairs
have about the same bits per weight. Embeddings and head keep their 16 bits on both sides. Each program
says itself how many tokens per second it reads (a prompt of random tokens) and generates (one sequence);
loading and a warm-up are not counted. What is compared is the rate: a ratio above 1 means that
halftone is faster. Wants 5 times the checkpoint's size free in the memory folder.
"""

import json
import statistics
from pathlib import Path

import gguf_checkpoint
import make_checkpoint
import measure

# (our scheme, their type, the arithmetics in which we are compared)
PAIRS = [("nf4", "Q4_0"), ("int4", "Q4_0"), ("int8", "Q8_0")]


def spread(rates):
    return f"{statistics.median(rates):.2f} ({min(rates):.2f} to {max(rates):.2f})"


class Rates:
    """Tokens per second of every program and task, one list entry for each round."""

    def __init__(self):
        self.values = {}

    def add(self, program, task, rate):
        self.values.setdefault((program, task), []).append(rate)

    def compare(self, ours, theirs, task):
        a, b = self.values.get((ours, task)), self.values.get((theirs, task))
        if not a or not b:
            return None
        rounds = [x / y for x, y in zip(a, b)]
        ratio = statistics.median(a) / statistics.median(b)
        return measure.Ratio(f"{task}: {ours} / {theirs}", ratio, min(rounds), max(rounds))


def main():
    parser = measure.options(__doc__, runs=3, memory_folder=True, checkpoint=True)
    parser.add_argument("--llama-bench", type=Path, required=True)
    parser.add_argument("--llama-quantize", type=Path, required=True)
    parser.add_argument("--prompts", type=int, nargs="+", default=[32, 512, 2048])
    parser.add_argument("--thread-counts", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 4, 16],
                        help="sequences side by side, of halftone alone")
    parser.add_argument("--generate-tokens", type=int, default=64)
    chosen = parser.parse_args()
    halftone = measure.program(chosen)
    rates, kept = Rates(), ["--leave-output-tensor", "--token-embedding-type", "bf16"]

    def theirs(name, model, threads, prompt):
        words = [chosen.llama_bench, "-m", model, "-t", threads, "-r", 1, "-o", "json", "-p", prompt,
                 "-n", chosen.generate_tokens if prompt == min(chosen.prompts) else 0]
        for test in json.loads(measure.command(*words, text_output=True)):
            task = f"prompt {test['n_prompt']}" if test["n_prompt"] else "generate"
            rates.add(name, f"{task}, {threads} threads", test["avg_ts"])

    def ours(name, model, threads, prompt, arithmetic, batch=1):
        result = json.loads(measure.command(
            halftone, "bench", model, "--prompt-tokens", prompt, "--generate-tokens",
            chosen.generate_tokens, "--threads", threads, "--arithmetic", arithmetic, "--batch", batch,
            "--json", text_output=True))
        label = "" if batch == 1 else f", {batch} sequences"
        rates.add(name, f"prompt {prompt}, {threads} threads{label}",
                  result["prompt_tokens_per_second"])
        if prompt == min(chosen.prompts):
            rates.add(name, f"generate, {threads} threads{label}",
                      result["generate_tokens_per_second"])

    with measure.scratch(chosen.memory_folder) as folder:
        source = chosen.checkpoint or make_checkpoint.make(folder / "source")
        gguf_checkpoint.convert(source, folder / "source.gguf")
        for theirs_type in ["Q4_0", "Q8_0", "F32"]:
            options = [] if theirs_type == "F32" else kept
            measure.command(chosen.llama_quantize, *options, folder / "source.gguf",
                            folder / f"{theirs_type}.gguf", theirs_type, chosen.threads)
        for scheme, _ in PAIRS:
            measure.command(halftone, "quantize", source, "-o", folder / f"{scheme}.tone",
                            "--scheme", scheme, "--compression", "none")
        for round_number in range(chosen.runs):
            for threads in chosen.thread_counts:
                for prompt in chosen.prompts:
                    for type_name in ["Q4_0", "Q8_0", "F32"]:
                        theirs(type_name, folder / f"{type_name}.gguf", threads, prompt)
                    for scheme, _ in PAIRS:
                        for arithmetic in ["exact", "fast"]:
                            ours(f"{scheme} {arithmetic}", folder / f"{scheme}.tone", threads, prompt,
                                 arithmetic)
                for batch in [b for b in chosen.batches if b > 1]:
                    ours("nf4 fast", folder / "nf4.tone", threads, min(chosen.prompts), "fast", batch)
            measure.progress(f"round {round_number + 1}/{chosen.runs}")

    ratios = []
    for threads in chosen.thread_counts:
        tasks = [f"generate, {threads} threads"]
        tasks += [f"prompt {prompt}, {threads} threads" for prompt in chosen.prompts]
        for task in tasks:
            for scheme, type_name in PAIRS:
                for arithmetic in ["fast", "exact"]:
                    ratios.append(rates.compare(f"{scheme} {arithmetic}", type_name, task))
            ratios.append(rates.compare("nf4 exact", "F32", task))
    notes = {f"tokens/s, {program}, {task}": spread(values)
             for (program, task), values in sorted(rates.values.items())}
    measure.report("Tokens per second against llama.cpp", chosen, [], [r for r in ratios if r], notes,
                   packages=["numpy", "gguf"])


if __name__ == "__main__":
    main()
