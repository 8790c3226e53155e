#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares `halftone tokenize` with Hugging Face tokenizers (pip install 'tokenizers==0.23.*').

For each tokenizer directory: random strings (mixed scripts, emoji, code, spaces, combining marks,
pieces of the added tokens) are encoded by both, with and without special tokens; any difference is
printed and makes the exit status 1. The same seed gives the same strings.

    Benchmarks/compare_tokenizers.py path/to/halftone Tests/Fixtures/tokenizers/* [--count N] [--seed N]
"""
import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile

from tokenizers import Tokenizer

WORDS = """the of and to in is that for it as was with be by on not he his but at are this have from
or had an they which one you were all her she there would their we him been has when who will no
more if out so what up said its about than into them can only other time new some could these two
may first then do any like my now over such our man me even most made after also did many off before
don't we've I'll you're it's he'd I'm O'Neil rock'n'roll naïve café Straße ǅungla İstanbul
""".split()
CODE = ["def f(x):\n    return x**2\n", "for (int i = 0; i < n; ++i) {\n\tsum += a[i];\n}", "#include <stdio.h>",
        "SELECT * FROM t WHERE a != 'b';", "<div class=\"x\">&nbsp;</div>", "a->b::c<T>(&x)", "0x1F 1e-10 3.14159",
        "https://example.org/path?q=1&r=2#frag", "\\frac{1}{2}", "```json\n{\"a\": [1, 2, 3]}\n```"]
SPACES = [" ", "  ", "   ", "\n", "\n\n", "\r\n", "\t", " \n", "\n ", "\u00a0", "\u2003", "\u3000", "\u2028",
          "\u0085", "\u000b", "\u000c", "\u200b", "\u202f", " " * 9, "\t\t\t", "\u1680"]
RANGES = [(0x20, 0x7E), (0x20, 0x7E), (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x3FF), (0x400, 0x4FF), (0x590, 0x5FF),
          (0x600, 0x6FF), (0x900, 0x97F), (0xE00, 0xE7F), (0x1100, 0x11FF), (0x1E00, 0x1FFF), (0x2000, 0x206F),
          (0x2070, 0x209F), (0x2100, 0x218F), (0x2190, 0x23FF), (0x2460, 0x24FF), (0x3040, 0x30FF),
          (0x4E00, 0x4FFF), (0xAC00, 0xAD00), (0xF900, 0xFAFF), (0xFB00, 0xFB4F), (0xFE00, 0xFE0F),
          (0xFF00, 0xFFEF), (0x1D400, 0x1D4FF), (0x1F300, 0x1F6FF), (0x1F1E6, 0x1F1FF), (0x20000, 0x20100),
          (0x00, 0x1F), (0x7F, 0x9F), (0xE000, 0xE010), (0xFFF0, 0xFFFD), (0x10FFF0, 0x10FFFF)]
EMOJI = ["👩‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇩🇪", "❤️", "é", "é", "ﬁ", "Å", "Å", "각", "각", "ſ", "K", "²", "½", "Ⅷ", "٣", "�",
         "'ſ", "'S", "'RE", "'Ll", "x\u0345", "ΟΔΟΣ", "ş̀", "a\u0323\u0307", "a\u0307\u0323"]


def random_string(rng, tokens):
    parts = []
    for _ in range(rng.choice([1, 2, 3, 5, 8, 13, 30])):
        kind = rng.random()
        if kind < 0.30:
            word = rng.choice(WORDS)
            parts.append(rng.choice([word, word, word.title(), word.upper()]))
            parts.append(rng.choice([" ", " ", " ", "", ", ", ".", "\n"]))
        elif kind < 0.42:
            parts.append(rng.choice(SPACES) * rng.choice([1, 1, 1, 2, 5]))
        elif kind < 0.50:
            parts.append(rng.choice(CODE))
        elif kind < 0.58:
            parts.append(str(rng.randrange(10 ** rng.randrange(1, 12))))
        elif kind < 0.66:
            parts.append(rng.choice(EMOJI))
        elif kind < 0.72 and tokens:
            token = rng.choice(tokens)
            parts.append(rng.choice([token, token, token[:-1], token[1:], " " + token + " ", token + token]))
        elif kind < 0.76:
            parts.append("".join(rng.choice("!?.,;:'\"()[]{}<>|/\\-_+=*&^%$#@~`") for _ in range(rng.randrange(1, 8))))
        elif kind < 0.80:
            parts.append(rng.choice("aä한🙂 _.0") * rng.randrange(1, 60))
        elif kind < 0.83:
            parts.append(rng.choice(["▁", "Ġ", "Ċ", "<0x0A>", "<0xE2>", "##", "</w>"]))
        else:
            low, high = rng.choice(RANGES)
            parts.append("".join(chr(rng.randint(low, high)) for _ in range(rng.randrange(1, 7))))
    return "".join(parts)


def ours(binary, directory, lines, special):
    command = [binary, "tokenize", directory, "--lines", lines] + ([] if special else ["--no-special"])
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        raise SystemExit(f"{directory}: {result.stderr.strip()}")
    return [json.loads(line) for line in result.stdout.splitlines()]


def compare(binary, directory, count, seed):
    reference = Tokenizer.from_file(str(pathlib.Path(directory, "tokenizer.json")))
    reference.no_truncation()
    reference.no_padding()
    rng = random.Random(seed)
    tokens = [token.content for token in reference.get_added_tokens_decoder().values()]
    texts = ["", " ", "\n"] + [random_string(rng, tokens) for _ in range(count)]
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.write("\n".join(map(json.dumps, texts)) + "\n")
        file.flush()
        differences = 0
        for special in (True, False):
            got = ours(binary, directory, file.name, special)
            assert len(got) == len(texts), (len(got), len(texts))
            for text, encoding, ids in zip(texts, reference.encode_batch(texts, add_special_tokens=special), got):
                if encoding.ids != ids:
                    differences += 1
                    if differences <= 3:
                        at = next((i for i, (a, b) in enumerate(zip(encoding.ids, ids)) if a != b),
                                  min(len(encoding.ids), len(ids)))
                        print(f"  {ascii(text)}\n    at {at}: reference {encoding.tokens[at:at + 8]}"
                              f"\n    ours {[reference.id_to_token(i) for i in ids[at:at + 8]]}")
    print(f"{directory}: {len(texts)} texts, {sum(map(len, texts))} characters, {differences} differences", flush=True)
    return differences


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("directories", nargs="+")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    directories = [d for d in options.directories if pathlib.Path(d, "tokenizer.json").exists()]
    sys.exit(1 if sum(compare(options.binary, d, options.count, options.seed) for d in directories) else 0)


if __name__ == "__main__":
    main()
