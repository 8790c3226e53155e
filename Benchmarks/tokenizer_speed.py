#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Speed of `halftone tokenize` against Hugging Face tokenizers on one thread (pip install 'tokenizers==0.23.*').

Both encode the same text file in turns; what counts is processor time (user) less that of the same run on an
empty text, so that starting, loading and what else the machine does don't matter. The other library's time is
that of its `encode` calls alone. It gets the text in parts of about 10,000 characters cut at line ends, as it is
slow on long texts; halftone gets it as one file.

    Benchmarks/tokenizer_speed.py FOLDER... [--halftone FILE] [--text FILE] [--megabytes N] [--runs N] [--json FILE]
"""
import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent


def processor_seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime


def parts(text, length=10_000):
    lines, size, result = [], 0, []
    for line in text.splitlines(keepends=True):
        lines.append(line)
        size += len(line)
        if size >= length:
            result.append("".join(lines))
            lines, size = [], 0
    return result + ["".join(lines)]


def main():
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    from tokenizers import Tokenizer
    import tokenizers
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--halftone", default=str(HERE.parent / ".build/release/halftone"))
    parser.add_argument("--text", default=str(HERE.parent / "examples/eval.txt"))
    parser.add_argument("--megabytes", type=float, default=8, help="the text is repeated up to this size")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json")
    options = parser.parse_args()
    text = pathlib.Path(options.text).read_text(encoding="utf-8")
    text *= max(1, round(options.megabytes * 1e6 / len(text.encode())))
    size = len(text.encode()) / 1e6
    print(f"{size:.1f} MB of {options.text}, tokenizers {tokenizers.__version__}, medians of {options.runs}")
    results = []
    with tempfile.TemporaryDirectory() as scratch:
        file, empty = pathlib.Path(scratch, "text"), pathlib.Path(scratch, "empty")
        file.write_text(text, encoding="utf-8")
        empty.write_text("")
        for folder in options.folders:
            reference = Tokenizer.from_file(str(pathlib.Path(folder, "tokenizer.json")))
            command = [options.halftone, "tokenize", folder, "--text"]
            pieces = parts(text)
            ours, theirs, loads = [], [], []
            for _ in range(options.runs):
                load = processor_seconds(command + [str(empty)])
                loads.append(load)
                ours.append(processor_seconds(command + [str(file)]) - load)
                start = time.process_time()
                for piece in pieces:
                    reference.encode(piece)
                theirs.append(time.process_time() - start)
            mine, other = (size / statistics.median(times) for times in (ours, theirs))
            results.append({"folder": folder, "halftone_mb_per_second": mine, "tokenizers_mb_per_second": other,
                            "ratio": mine / other, "load_seconds": statistics.median(loads)})
            print(f"{folder}: halftone {mine:.1f} MB/s, tokenizers {other:.1f} MB/s, ratio {mine / other:.2f}, "
                  f"loading {statistics.median(loads):.2f} s", flush=True)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
