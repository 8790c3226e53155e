#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Quantizing a checkpoint to NF4 against copying it with `cp`.

    quantize_speed.py --memory-folder FOLDER [--checkpoint FOLDER] [--runs 7]

The source is brought into the memory folder (by default it is the 500M model, made there), and
every output goes there too, so neither program waits for a disk. Three programs take turns: `cp`
of the whole checkpoint folder, `halftone quantize` without compression, and with the default
compression. Outputs are deleted between runs, outside the timing. Wants 2.5 times the checkpoint's
size free in the memory folder.
"""

import shutil
import subprocess

import make_checkpoint
import measure


def main():
    parser = measure.options(__doc__, runs=7, memory_folder=True, checkpoint=True)
    parser.add_argument("--scheme", default="nf4")
    chosen = parser.parse_args()
    if not chosen.peer_only:
        halftone = measure.program(chosen)
    with measure.scratch(chosen.memory_folder) as folder:
        source = folder / "source"
        if chosen.checkpoint:
            shutil.copytree(chosen.checkpoint, source)
        else:
            make_checkpoint.make(source)
        sizes = {}

        def copy():
            measure.remove(folder / "copy")
            return measure.command("cp", "-r", source, folder / "copy")

        def quantize(name, *more):
            output = folder / "quantized.tone"
            measure.remove(output)
            seconds = measure.command(
                halftone, "quantize", source, "-o", output, "--scheme", chosen.scheme,
                "--threads", chosen.threads, *more)
            sizes[name] = measure.file_bytes(output)
            return seconds

        programs = {"cp": copy}
        if not chosen.peer_only:
            programs["uncompressed"] = lambda: quantize("uncompressed", "--compression", "none")
            programs["compressed"] = lambda: quantize("compressed")
        timings = measure.alternate(programs, chosen.runs)
        source_bytes = measure.file_bytes(source)

    ratios = [measure.ratio(t, timings["cp"]) for n, t in timings.items() if n != "cp"]
    notes = {"source bytes": source_bytes, "threads": chosen.threads,
             "cp": subprocess.run(["cp", "--version"], capture_output=True, text=True)
             .stdout.partition("\n")[0]}
    notes |= {f"{name} output bytes": size for name, size in sizes.items()}
    measure.report(f"Quantizing to {chosen.scheme} against cp, memory file system", chosen,
                   timings.values(), ratios, notes, source_bytes, packages=["numpy"])


if __name__ == "__main__":
    main()
