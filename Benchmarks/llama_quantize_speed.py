#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Quantizing to NF4 against llama.cpp's llama-quantize to Q4_0, on the same weights.

    llama_quantize_speed.py --memory-folder FOLDER --llama-quantize FILE [--checkpoint FOLDER]

Each program reads its own format (safetensors; a 16-bit GGUF file that is made of it) and writes to
the memory folder. Q4_0 and NF4 are both 4.5 bits per weight, blocks of 32 with a 16-bit scale or
64 with a 32-bit one. By default llama-quantize is told to do what halftone does: quantize linear
layers, keep embeddings and head. --whole-model lets it quantize those as well, its own default.
Wants 3 times the checkpoint's size free in the memory folder.
"""

from pathlib import Path

import gguf_checkpoint
import make_checkpoint
import measure


def main():
    parser = measure.options(__doc__, memory_folder=True, checkpoint=True)
    parser.add_argument("--llama-quantize", type=Path, required=True,
                        help="what Benchmarks/peers/build-llama-cpp.sh builds")
    parser.add_argument("--type", default="Q4_0")
    parser.add_argument("--whole-model", action="store_true")
    chosen = parser.parse_args()
    if not chosen.peer_only:
        halftone = measure.program(chosen)
    kept = [] if chosen.whole_model else ["--leave-output-tensor", "--token-embedding-type", "bf16"]
    with measure.scratch(chosen.memory_folder) as folder:
        source = chosen.checkpoint or make_checkpoint.make(folder / "source")
        gguf_checkpoint.convert(source, folder / "source.gguf")
        sizes = {}

        def theirs():
            output = folder / "quantized.gguf"
            measure.remove(output)
            seconds = measure.command(chosen.llama_quantize, *kept, folder / "source.gguf", output,
                                      chosen.type, chosen.threads)
            sizes["llama-quantize"] = measure.file_bytes(output)
            return seconds

        def ours():
            output = folder / "quantized.tone"
            measure.remove(output)
            seconds = measure.command(halftone, "quantize", source, "-o", output, "--scheme", "nf4",
                                      "--compression", "none", "--threads", chosen.threads)
            sizes["halftone"] = measure.file_bytes(output)
            return seconds

        programs = {"llama-quantize": theirs}
        if not chosen.peer_only:
            programs["halftone"] = ours
        timings = measure.alternate(programs, chosen.runs)
        source_bytes = measure.file_bytes(source)

    ratios = []
    if not chosen.peer_only:
        ratios.append(measure.ratio(timings["llama-quantize"], timings["halftone"]))
    release = chosen.llama_quantize.parent / "VERSION"
    notes = {"source bytes": source_bytes, "threads": chosen.threads, "type": chosen.type,
             "embeddings and head": "quantized" if chosen.whole_model else "kept",
             "llama.cpp from": release.read_text().strip() if release.exists() else "unknown"}
    notes |= {f"{name} output bytes": size for name, size in sizes.items()}
    measure.report(f"NF4 against llama-quantize {chosen.type}", chosen, timings.values(), ratios,
                   notes, source_bytes, packages=["numpy", "gguf"])


if __name__ == "__main__":
    main()
