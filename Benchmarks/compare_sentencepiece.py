#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares `halftone tokenize` on SentencePiece models with SentencePiece (pip install 'sentencepiece==0.2.*').

For each folder with a tokenizer.model: random strings as in compare_tokenizers.py are encoded by both without
special tokens, and once all of them as one text; any difference is printed and makes the exit status 1.

    Benchmarks/compare_sentencepiece.py path/to/halftone Tests/Fixtures/tokenizers/sentencepiece/* [--count N] [--seed N]
"""
import argparse
import json
import pathlib
import random
import sys
import tempfile

from sentencepiece import SentencePieceProcessor

from compare_tokenizers import ours, random_string

EVAL = pathlib.Path(__file__).resolve().parents[1] / "examples" / "eval.txt"


def compare(binary, directory, count, seed):
    reference = SentencePieceProcessor(model_file=str(pathlib.Path(directory, "tokenizer.model")))
    rng = random.Random(seed)
    pieces = [reference.id_to_piece(i) for i in range(reference.get_piece_size())]
    # With a tokenizer_config.json, control tokens are found in text; SentencePiece itself never finds them.
    pieces = [piece for i, piece in enumerate(pieces) if not reference.is_control(i) and not reference.is_unknown(i)]
    texts = ["", " ", "\n"] + [random_string(rng, pieces) for _ in range(count)]
    # One long text: sums of scores lose precision, and both must lose the same.
    texts += ["".join(texts), EVAL.read_text(encoding="utf-8")]
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.write("\n".join(map(json.dumps, texts)) + "\n")
        file.flush()
        got = ours(binary, directory, file.name, False)
    assert len(got) == len(texts), (len(got), len(texts))
    differences = 0
    for text, ids in zip(texts, got):
        expected = reference.encode(text)
        if expected != ids:
            differences += 1
            if differences <= 3:
                at = next((i for i, (a, b) in enumerate(zip(expected, ids)) if a != b), min(len(expected), len(ids)))
                print(f"  {ascii(text[:300])}\n    at {at}: reference {[reference.id_to_piece(i) for i in expected[at:at + 8]]}"
                      f"\n    ours {[reference.id_to_piece(i) for i in ids[at:at + 8]]}")
    print(f"{directory}: {len(texts)} texts, {sum(map(len, texts))} characters, {differences} differences", flush=True)
    return differences


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("directories", nargs="+")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    directories = [d for d in options.directories if pathlib.Path(d, "tokenizer.model").exists()]
    sys.exit(1 if sum(compare(options.binary, d, options.count, options.seed) for d in directories) else 0)


if __name__ == "__main__":
    main()
