#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Generating and reading prompts against llama.cpp and Transformers, on the same weights.

    generate_speed.py --memory-folder FOLDER --llama-cpp FOLDER [--checkpoint FOLDER] [--runs 2]

NF4 and int4 stand beside Q4_0, int8 beside Q8_0, exact arithmetic beside F32: those pairs have about the
same bits per weight. Embeddings and head keep their 16 bits everywhere. Transformers runs the checkpoint
itself, as bfloat16 and as float32, with its own cache and attention.

Prompts are random tokens, read by llama-bench, by `halftone bench` and in one forward pass of
Transformers; generation is of sequences side by side after a prompt of the shortest length, by
llama-batched-bench, `halftone bench` and steps of single tokens in Transformers. The three take turns.
Loading and a warm-up are not counted.
What is compared is the rate: a ratio above 1 means that halftone is faster. Wants 5 times the checkpoint's size
free in the memory folder and 3 times that in memory. The default setting takes more than an hour, without Transformers 40 minutes.
"""

import json
import os
import statistics
import time
from pathlib import Path

import gguf_checkpoint
import make_checkpoint
import measure

# (our scheme and arithmetic, the programs that it stands beside)
TRANSFORMERS = ["Transformers bfloat16", "Transformers float32"]
PAIRS = [
    ("nf4 fast", ["Q4_0", *TRANSFORMERS]), ("int4 fast", ["Q4_0"]), ("int8 fast", ["Q8_0"]),
    ("nf4 exact", ["Q4_0", "F32", *TRANSFORMERS]), ("int8 exact", ["Q8_0"]),
]
TYPES = ["Q4_0", "Q8_0", "F32"]


class Rates:
    """Tokens per second of every program and task, one list entry for each round."""

    def __init__(self):
        self.values = {}

    def add(self, program, task, rate):
        self.values.setdefault((program, task), []).append(rate)
        measure.progress(f"{program}, {task}: {rate:.1f} tokens/s")

    def compare(self, ours, theirs, task):
        a, b = self.values.get((ours, task)), self.values.get((theirs, task))
        if not a or not b:
            return None
        rounds = [x / y for x, y in zip(a, b)]
        ratio = statistics.median(a) / statistics.median(b)
        return measure.Ratio(f"{task}: {ours} / {theirs}", ratio, min(rounds), max(rounds))

    def notes(self):
        return {f"tokens/s, {program}, {task}":
                f"{statistics.median(v):.2f} ({min(v):.2f} to {max(v):.2f})"
                for (program, task), v in sorted(self.values.items())}


def prompt_task(length, threads):
    return f"prompt {length}, {threads} threads"


def generate_task(batch, threads):
    return f"generate, {threads} threads" + ("" if batch == 1 else f", {batch} sequences")


class LlamaCpp:
    def __init__(self, folder, rates, chosen):
        self.programs, self.rates, self.chosen = chosen.llama_cpp, rates, chosen
        self.models = {name: folder / f"{name}.gguf" for name in TYPES}

    def prompt(self, length, threads):
        for name, model in self.models.items():
            words = [self.programs / "llama-bench", "-m", model, "-t", threads, "-r", 1,
                     "-o", "json", "-p", length, "-n", 0]
            test = json.loads(measure.command(*words, text_output=True))[0]
            self.rates.add(name, prompt_task(length, threads), test["avg_ts"])

    def generate(self, batches, threads):
        prompt, count = min(self.chosen.prompts), self.chosen.generate_tokens
        for name, model in self.models.items():
            words = [self.programs / "llama-batched-bench", "-m", model, "-t", threads,
                     "-c", max(batches) * (prompt + count), "-npp", prompt, "-ntg", count,
                     "-npl", ",".join(map(str, batches)), "--output-format", "jsonl"]
            for line in measure.command(*words, text_output=True).splitlines():
                if line.startswith("{"):
                    test = json.loads(line)
                    self.rates.add(name, generate_task(test["pl"], threads), test["speed_tg"])


class Halftone:
    def __init__(self, folder, rates, chosen):
        self.folder, self.rates, self.chosen = folder, rates, chosen
        self.program = measure.program(chosen)

    def bench(self, name, threads, prompt, count, batch=1):
        scheme, arithmetic = name.split()
        return json.loads(measure.command(
            self.program, "bench", self.folder / f"{scheme}.tone", "--prompt-tokens", prompt,
            "--generate-tokens", count, "--threads", threads, "--arithmetic", arithmetic,
            "--batch", batch, "--repetitions", 1, "--json", text_output=True))

    def prompt(self, length, threads):
        for name, _ in PAIRS:
            found = self.bench(name, threads, length, 1)
            self.rates.add(name, prompt_task(length, threads), found["prompt_tokens_per_second"])

    def generate(self, batches, threads):
        for name, _ in PAIRS:
            for batch in batches:
                found = self.bench(name, threads, min(self.chosen.prompts),
                                   self.chosen.generate_tokens + 1, batch)
                self.rates.add(name, generate_task(batch, threads),
                               found["generate_tokens_per_second"])


class Transformers:
    def __init__(self, source, rates, chosen):
        os.environ["TRANSFORMERS_VERBOSITY"] = "error"
        import torch
        import transformers

        transformers.utils.logging.disable_progress_bar()
        self.torch, self.rates, self.chosen = torch, rates, chosen
        self.models = {
            f"Transformers {dtype}": transformers.AutoModelForCausalLM.from_pretrained(
                source, dtype=getattr(torch, dtype)).eval() for dtype in ["bfloat16", "float32"]}

    def seconds(self, model, threads, prompt, count, batch=1):
        """Seconds until the first token, and those of `count` more."""
        self.torch.set_num_threads(threads)
        ids = self.torch.randint(0, model.config.vocab_size, (batch, prompt))
        with self.torch.inference_mode():
            times = [time.perf_counter()]
            cache = None
            for _ in range(count + 1):
                found = model(ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
                cache, ids = found.past_key_values, found.logits[:, -1:].argmax(-1)
                times.append(time.perf_counter())
        return times[1] - times[0], times[-1] - times[1]

    def prompt(self, length, threads):
        for name, model in self.models.items():
            self.seconds(model, threads, min(self.chosen.prompts), 0)
            first, _ = self.seconds(model, threads, length, 0)
            self.rates.add(name, prompt_task(length, threads), length / first)

    def generate(self, batches, threads):
        count = self.chosen.generate_tokens
        for name, model in self.models.items():
            for batch in batches:
                self.seconds(model, threads, min(self.chosen.prompts), 1, batch)
                _, rest = self.seconds(model, threads, min(self.chosen.prompts), count, batch)
                self.rates.add(name, generate_task(batch, threads), batch * count / rest)


def make_models(source, folder, chosen):
    halftone, quantize = measure.program(chosen), chosen.llama_cpp / "llama-quantize"
    kept = ["--leave-output-tensor", "--token-embedding-type", "bf16"]
    gguf_checkpoint.convert(source, folder / "source.gguf")
    for name in TYPES:
        measure.command(quantize, *([] if name == "F32" else kept), folder / "source.gguf",
                        folder / f"{name}.gguf", name, chosen.threads)
    (folder / "source.gguf").unlink()
    for scheme in dict.fromkeys(name.split()[0] for name, _ in PAIRS):
        measure.command(halftone, "quantize", source, "-o", folder / f"{scheme}.tone",
                        "--scheme", scheme, "--compression", "none")


def main():
    parser = measure.options(__doc__, runs=2, memory_folder=True, checkpoint=True)
    parser.add_argument("--llama-cpp", type=Path, required=True,
                        help="the folder with llama-bench, llama-batched-bench and llama-quantize")
    parser.add_argument("--prompts", type=int, nargs="+", default=[32, 512, 2048])
    parser.add_argument("--thread-counts", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--generate-tokens", type=int, default=16)
    parser.add_argument("--without-transformers", action="store_true")
    chosen = parser.parse_args()
    rates = Rates()
    with measure.scratch(chosen.memory_folder) as folder:
        source = chosen.checkpoint or make_checkpoint.make(folder / "source")
        make_models(source, folder, chosen)
        programs = [LlamaCpp(folder, rates, chosen), Halftone(folder, rates, chosen)]
        if not chosen.without_transformers:
            programs.append(Transformers(source, rates, chosen))
        for round_number in range(chosen.runs):
            for threads in chosen.thread_counts:
                for length in chosen.prompts:
                    for program in programs:
                        program.prompt(length, threads)
                for program in programs:
                    program.generate(chosen.batches, threads)
            measure.progress(f"round {round_number + 1}/{chosen.runs}")
    tasks = dict.fromkeys(task for _, task in rates.values)
    ratios = [rates.compare(ours, other, task)
              for task in tasks for ours, others in PAIRS for other in others]
    packages = ["numpy", "gguf"] + ([] if chosen.without_transformers else ["torch", "transformers"])
    measure.report("Tokens per second against llama.cpp and Transformers", chosen, [],
                   [r for r in ratios if r], rates.notes(), packages=packages)


if __name__ == "__main__":
    main()
