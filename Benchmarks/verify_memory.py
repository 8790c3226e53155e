#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows that verify keeps its memory limit, and that the limit changes no digit of the result.

    verify_memory.py --memory-folder FOLDER [--size 500m] [--limits 500MB 250MB]

Makes a checkpoint of random weights, quantizes it to NF4, and verifies the copy against it: once with
all weights in memory, then under each limit, which is a fraction of what the weights of either side
take as fp32. The two models of a verification run side by side, so both count. The JSON documents
must be equal but for the seconds. Peak anonymous memory is measured as memory.py does (Linux only).
The tokenizer is the example model's, so the checkpoint uses only the first 4096 of its ids.
"""

import json
import shutil
import sys

import make_checkpoint
import measure
import memory

UNITS = {"MB": 10**6, "GB": 10**9, "MiB": 2**20, "GiB": 2**30}


def byte_count(size):
    digits = size.rstrip("KMGTBi")
    return int(digits) * UNITS[size[len(digits):]]


def without_seconds(document):
    if isinstance(document, dict):
        return {k: without_seconds(v) for k, v in document.items() if k != "seconds"}
    return document


def seconds(document):
    return document["original"]["seconds"] + document["candidate"]["seconds"]


def main():
    parser = measure.options(__doc__, runs=None, memory_folder=True)
    parser.add_argument("--size", default="500m", choices=make_checkpoint.SIZES)
    parser.add_argument("--limits", nargs="+", default=["500MB", "250MB"])
    parser.add_argument("--context", type=int, default=128)
    parser.add_argument("--windows", type=int, default=8)
    chosen = parser.parse_args()
    halftone = measure.program(chosen)
    examples = measure.REPOSITORY / "examples"
    results, failed = {}, []
    with measure.scratch(chosen.memory_folder) as folder:
        original = make_checkpoint.make(folder / "original", chosen.size)
        for name in ["tokenizer.json", "tokenizer_config.json"]:
            shutil.copy(examples / "ref-llama" / name, original)
        weights = sum(
            make_checkpoint.np.prod(shape)
            for _, shape in make_checkpoint.tensors(make_checkpoint.SIZES[chosen.size]))
        candidate = folder / "candidate.tone"
        memory.watch([halftone, "quantize", original, "-o", candidate, "--scheme", "nf4"])
        expected = None
        for limit in [None, *chosen.limits]:
            words = [halftone, "verify", original, candidate, "--text", examples / "eval.txt",
                     "--context", chosen.context, "--max-windows", chosen.windows,
                     "--threads", chosen.threads, "--json"]
            words += ["--memory-limit", limit] if limit else []
            found = memory.watch(words, output=folder / "result.json")
            document = json.loads((folder / "result.json").read_text())
            expected = expected or document
            title = f"limit {limit}" if limit else "all weights in memory"
            found["verify_seconds"] = round(seconds(document), 3)
            found["same_result"] = without_seconds(document) == without_seconds(expected)
            found["limit_bytes"] = byte_count(limit) if limit else None
            found["weights_over_limit"] = (
                round(4 * float(weights) / byte_count(limit), 2) if limit else None)
            if not found["same_result"]:
                failed.append(f"{title}: another result")
            if limit and found["peak_anonymous_bytes"] > byte_count(limit):
                failed.append(f"{title}: exceeded")
            results[title] = found
    print(f"{weights / 1e6:.0f} M weights on each side, {4 * weights / 1e9:.2f} GB as fp32; "
          f"{chosen.windows} windows of {chosen.context}, {chosen.threads} threads")
    measure.report_each(chosen, results, line)
    if failed:
        sys.exit("; ".join(failed))


def line(title, found):
    more = (f"; weights of one side are {found['weights_over_limit']} times the limit; "
            f"result {'the same' if found['same_result'] else 'DIFFERENT'}"
            if found["limit_bytes"] else "")
    return memory.line(title, found) + more


if __name__ == "__main__":
    main()
