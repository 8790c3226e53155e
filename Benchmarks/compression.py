#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How much smaller byte planes make 16-bit tensors that are kept, without loss.

    compression.py [--checkpoint FOLDER] [--levels 1 3 9] [--halftone FILE | --peer-only]

For a trained bf16 checkpoint, its fp16 copy, and Gaussian weights in both types: the size relative
to the raw size when zstd sees the weights whole, when it sees low bytes and high bytes apart, and
the same after every word is rotated left by a bit, which makes the high byte of a bf16 its
exponent. Made in Python first, which says what the idea is worth; then with halftone, keeping
every tensor in its type, as the ratio of its file with default compression to its file without.
A bf16 weight's fp16 copy ends in zeros, which flatters fp16; the Gaussian rows are the fair ones.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import make_checkpoint
import measure
import numpy as np
import zstandard


def matrices(folder):
    """The stored 16-bit words of every tensor, one tensor at a time."""
    from gguf_checkpoint import stored_tensors

    for _, dtype, _, path, offset, count in stored_tensors(folder):
        if dtype in ("BF16", "F16"):
            yield np.fromfile(path, "<u2", count // 2, offset=offset)


def split(words, rotated):
    """Low and high bytes; rotated by one bit first, the high byte of a bf16 is its exponent."""
    if rotated:
        words = (words << 1) | (words >> 15)
    return (words & 0xFF).astype(np.uint8), (words >> 8).astype(np.uint8)


def entropy(plane):
    """Bits per byte that no coder of single bytes can go below."""
    p = np.bincount(plane, minlength=256) / plane.size
    p = p[p > 0]
    return float(-(p * np.log2(p)).sum())


# Exponents are nearly independent of each other, so the matches that a level finds cost more than
# they save; a hash table of 64 entries finds almost none and leaves the Huffman coder alone.
FEW_MATCHES = zstandard.ZstdCompressionParameters.from_level(
    1, strategy=zstandard.STRATEGY_FAST, min_match=7, hash_log=6, window_log=17, target_length=0)


def coders(levels):
    found = {f"level {n}": zstandard.ZstdCompressor(level=n) for n in levels}
    return found | {"few matches": zstandard.ZstdCompressor(compression_params=FEW_MATCHES)}


def coded(array, coder):
    # What does not shrink is stored as it is.
    return min(array.nbytes, len(coder.compress(array.tobytes())))


def table(arrays, levels):
    """(way, coder, size / raw size, MB/s of one thread) for every way of storing these arrays."""
    arrays = list(arrays)
    raw = sum(a.nbytes for a in arrays)
    ways = {
        "whole": [(words,) for words in arrays],
        "bytes": [split(words, False) for words in arrays],
        "rotated bytes": [split(words, True) for words in arrays],
    }
    for way, parts in ways.items():
        for name, coder in coders(levels).items():
            start = time.perf_counter()
            size = sum(coded(part, coder) for group in parts for part in group)
            yield way, name, size / raw, raw / (time.perf_counter() - start) / 1e6
        if way != "whole":
            bits = sum(entropy(part) * part.size for group in parts for part in group)
            yield way, "entropy", bits / 8 / raw, None


def as_fp16(words):
    """bf16 words as fp16 words; a value that fp16 cannot hold exactly is rounded."""
    wide = (words.astype(np.uint32) << 16).view(np.float32)
    return wide.astype(np.float16).view(np.uint16)


def halftone_sizes(halftone, folder, scheme, scratch):
    found = {}
    for name, more in [("none", ["--compression", "none"]), ("default", [])]:
        output = scratch / f"{name}.tone"
        measure.remove(output)
        result = json.loads(measure.command(
            halftone, "quantize", folder, "-o", output, "--scheme", scheme, *more, "--json",
            text_output=True))
        found[name] = result["output_bytes"]
    return found


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--halftone", type=Path,
                        default=measure.REPOSITORY / ".build/release/halftone")
    parser.add_argument("--peer-only", action="store_true", help="only what Python makes")
    parser.add_argument("--checkpoint", type=Path,
                        default=measure.REPOSITORY / "examples/ref-llama")
    parser.add_argument("--levels", type=int, nargs="+", default=[1, 3, 9], help="of zstd")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        gaussian = {d: make_checkpoint.make(scratch / d, "tiny", d) for d in ("bf16", "f16")}
        rows = {
            f"{chosen.checkpoint.name}, stored": matrices(chosen.checkpoint),
            f"{chosen.checkpoint.name}, cast": map(as_fp16, matrices(chosen.checkpoint)),
            "Gaussian bf16": matrices(gaussian["bf16"]),
            "Gaussian fp16": matrices(gaussian["f16"]),
        }
        about = measure.machine()
        print(f"machine: {about['processor']}; zstd {'.'.join(map(str, zstandard.ZSTD_VERSION))}")
        for title, arrays in rows.items():
            print(title)
            for way, coder, size, rate in table(arrays, chosen.levels):
                speed = f"{rate:6.0f} MB/s" if rate else ""
                print(f"  {way:<14} {coder:<12} {size:.3f} {speed}")
        if chosen.peer_only:
            return
        halftone = measure.program(chosen)
        for folder, scheme in [(chosen.checkpoint, "bf16"), *((p, d) for d, p in gaussian.items())]:
            found = halftone_sizes(halftone, folder, scheme, scratch)
            print(f"halftone --scheme {scheme}, {folder.name}: {found['default']} of "
                  f"{found['none']} bytes, {found['default'] / found['none']:.3f}")


if __name__ == "__main__":
    sys.exit(main())
