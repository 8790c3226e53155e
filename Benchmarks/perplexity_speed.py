#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Evaluating perplexity against Transformers in float32, by the same protocol, and the two values.

    perplexity_speed.py [--model FOLDER] [--text FILE] [--context 512] [--batch 1] [--runs 5]

The text is tokenized once, cut into consecutive windows of `context` tokens (a shorter rest is
dropped), each window is evaluated alone from position 0 and positions 1 to context - 1 are scored.
Both programs are charged for the evaluation alone: forward passes and scoring, not start-up,
loading or tokenizing (halftone's `seconds`; its whole command's wall time is printed as well). Both
use the same number of threads. --batch says how many windows Transformers evaluates at once; its
fastest choice is the fair one. The speed is in window tokens per second.
"""

import json
import math
import os
import statistics
import sys
import time
from pathlib import Path

import measure


def main():
    examples = measure.REPOSITORY / "examples"
    parser = measure.options(__doc__)
    parser.add_argument("--model", type=Path, default=examples / "ref-llama")
    parser.add_argument("--text", type=Path, default=examples / "eval.txt")
    parser.add_argument("--context", type=int, default=512)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--attention", choices=["sdpa", "eager"], default="sdpa")
    chosen = parser.parse_args()
    if not chosen.peer_only:
        halftone = measure.program(chosen)
    os.environ["OMP_NUM_THREADS"] = str(chosen.threads)
    os.environ["TRANSFORMERS_VERBOSITY"] = "error"
    import torch
    import transformers

    torch.set_num_threads(chosen.threads)
    transformers.utils.logging.disable_progress_bar()
    tokenizer = transformers.AutoTokenizer.from_pretrained(chosen.model)
    model = transformers.AutoModelForCausalLM.from_pretrained(
        chosen.model, dtype=getattr(torch, chosen.dtype),
        attn_implementation=chosen.attention).eval()
    ids = torch.tensor(tokenizer(chosen.text.read_text(encoding="utf-8"))["input_ids"])
    count = len(ids) // chosen.context
    if not count:
        sys.exit(f"{chosen.text}: {len(ids)} tokens are less than one window")
    windows = ids[: count * chosen.context].reshape(count, chosen.context)
    values, walls = {}, []

    def theirs():
        start, total = time.perf_counter(), 0.0
        with torch.inference_mode():
            for batch in windows.split(chosen.batch):
                logits = model(batch, use_cache=False).logits[:, :-1].float()
                total += torch.nn.functional.cross_entropy(
                    logits.reshape(-1, logits.shape[-1]), batch[:, 1:].reshape(-1),
                    reduction="sum").item()
        seconds = time.perf_counter() - start
        values["transformers"] = math.exp(total / (count * (chosen.context - 1)))
        return seconds

    def ours():
        start = time.perf_counter()
        result = json.loads(measure.command(
            halftone, "perplexity", chosen.model, "--text", chosen.text, "--context",
            chosen.context, "--json", environment={
                "OMP_NUM_THREADS": str(chosen.threads),
                "OPENBLAS_NUM_THREADS": str(chosen.threads)},
            text_output=True))
        walls.append(time.perf_counter() - start)
        if result["windows"] != count:
            sys.exit(f"halftone evaluated {result['windows']} windows, Transformers {count}")
        values["halftone"] = result["perplexity"]
        return result["seconds"]

    programs = {"transformers": theirs}
    if not chosen.peer_only:
        programs["halftone"] = ours
    timings = measure.alternate(programs, chosen.runs)

    ratios, tokens = [], count * chosen.context
    notes = {"windows": f"{count} of {chosen.context} tokens", "threads": chosen.threads,
             "transformers batch": chosen.batch, "transformers arithmetic": chosen.dtype,
             "transformers attention": chosen.attention,
             "torch uses": torch.backends.cpu.get_cpu_capability()}
    for name, timing in timings.items():
        notes[f"{name} tokens/s"] = round(tokens / timing.median, 1)
        notes[f"{name} perplexity"] = values[name]
    if not chosen.peer_only:
        ratios.append(measure.ratio(timings["transformers"], timings["halftone"]))
        notes["halftone whole command"] = f"median {statistics.median(walls[1:]):.3f} s"
        notes["relative difference of perplexity"] = (
            f"{abs(values['halftone'] / values['transformers'] - 1):.2e}")
    measure.report(f"Perplexity of {chosen.model.name} against Transformers {chosen.dtype}", chosen,
                   timings.values(), ratios, notes, packages=["torch", "transformers"])


if __name__ == "__main__":
    main()
