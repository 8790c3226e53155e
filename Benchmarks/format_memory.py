#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Peak anonymous memory of writing each runtime's format: from a checkpoint and from a `.tone` file.

    format_memory.py --memory-folder FOLDER [--sizes 500m mixtral qwen3-moe] [--formats gguf mlx ...]

For every format, `quantize --to` with its usual scheme on made checkpoints of about 1 GB, dense and with
experts, and `export --to` from a `.tone` file whose codes the format can hold. A format that refuses a
family is listed as refusing it. Memory is read as memory.py says. Wants 3 GB free in the folder.
"""

import subprocess

import gguf_speed
import make_checkpoint
import measure
import memory

# By format: the scheme of `quantize --to`, and the scheme of a `.tone` file that it takes over.
SCHEMES = {
    "bitsandbytes": ("nf4", "nf4"),
    "gguf": ("q4_0", "bf16"),
    "compressed-tensors": ("w4a16", "w4a16"),
    "gptq": ("w4a16", "w4a16"),
    "awq": ("w4a16-asym", "w4a16-asym"),
    "mlx": ("affine4", "affine4"),
    "ctranslate2": ("int8-ct2", "int8-ct2"),
    "modelopt": ("nvfp4", "nvfp4"),
    "safetensors": ("f32", "nf4"),
}


def refusal(words):
    """Why a command without its output is refused, or None: a dry run."""
    done = subprocess.run([str(w) for w in words] + ["--dry-run"], capture_output=True, text=True)
    return done.stderr.strip() if done.returncode else None


def watch(words, output):
    why = refusal(words)
    if why:
        return {"refused": why}
    found = memory.watch([*words, "-o", output])
    measure.remove(output)
    return found


def measure_size(halftone, folder, size, formats, threads):
    source = make_checkpoint.make(folder / size, size)
    gguf_speed.add_tokenizer(source)
    results, made = {}, None
    # Formats that take the same codes follow each other.
    for name in sorted(formats, key=lambda name: SCHEMES[name][1]):
        scheme, stored = SCHEMES[name]
        more = ["--threads", threads]
        results[f"{size} quantize --to {name} ({scheme})"] = watch(
            [halftone, "quantize", source, "--to", name, "--scheme", scheme, *more], folder / "out")
        tone = folder / f"{stored}.tone"
        if made != tone:
            if made:
                measure.remove(made)
            measure.command(halftone, "quantize", source, "-o", tone, "--scheme", stored, *more)
            made = tone
        results[f"{size} export --to {name} ({stored}.tone)"] = watch(
            [halftone, "export", tone, "--to", name, *more], folder / "out")
    return results


def main():
    parser = measure.options(__doc__, runs=None, memory_folder=True)
    parser.add_argument("--sizes", nargs="+", default=["500m", "mixtral", "qwen3-moe"],
                        choices=make_checkpoint.SIZES)
    parser.add_argument("--formats", nargs="+", default=list(SCHEMES), choices=SCHEMES)
    chosen = parser.parse_args()
    results = {}
    for size in chosen.sizes:
        # One checkpoint at a time, so that the folder needs room only for the largest.
        with measure.scratch(chosen.memory_folder) as folder:
            results |= measure_size(
                measure.program(chosen), folder, size, chosen.formats, chosen.threads)
    measure.report_each(
        chosen, results, lambda title, found: f"{title}: refused: {found['refused']}"
        if "refused" in found else memory.line(title, found))


if __name__ == "__main__":
    main()
