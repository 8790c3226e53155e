#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Quantizing to NF4 against bitsandbytes' quantize_4bit on a CPU.

    bitsandbytes_speed.py --memory-folder FOLDER [--checkpoint FOLDER] [--double-quant] [--runs 5]

bitsandbytes is charged only for its quantization calls on the linear layers, which are in memory
before the clock starts; nothing is read or written in its time. halftone is charged for the whole
command: start, reading, quantizing the same layers, writing the file to the memory folder. GB/s
are of the linear layers' bytes for both.
"""

import os
import sys
import time

import make_checkpoint
import measure


def linear_layers(folder):
    """The bf16 or fp16 matrices that both programs quantize."""
    from safetensors import safe_open

    layers = {}
    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, "pt") as file:
            for name in file.keys():
                if name.endswith("_proj.weight"):
                    layers[name] = file.get_tensor(name)
    return layers


def main():
    parser = measure.options(__doc__, memory_folder=True, checkpoint=True)
    parser.add_argument("--double-quant", action="store_true")
    chosen = parser.parse_args()
    if not chosen.peer_only:
        halftone = measure.program(chosen)
    os.environ["OMP_NUM_THREADS"] = str(chosen.threads)
    import torch
    from bitsandbytes.functional import quantize_4bit

    torch.set_num_threads(chosen.threads)
    with measure.scratch(chosen.memory_folder) as folder:
        source = chosen.checkpoint or make_checkpoint.make(folder / "source")
        layers = linear_layers(source)
        byte_count = sum(t.numel() * t.element_size() for t in layers.values())
        if not layers:
            sys.exit(f"{source}: no linear layers (names ending in _proj.weight)")

        def theirs():
            seconds = 0.0
            for tensor in layers.values():
                start = time.perf_counter()
                quantize_4bit(tensor, blocksize=64, quant_type="nf4",
                              compress_statistics=chosen.double_quant)
                seconds += time.perf_counter() - start
            return seconds

        def ours():
            output = folder / "quantized.tone"
            measure.remove(output)
            more = ["--double-quant"] if chosen.double_quant else []
            return measure.command(
                halftone, "quantize", source, "-o", output, "--scheme", "nf4", "--compression",
                "none", "--threads", chosen.threads, *more)

        programs = {"bitsandbytes": theirs}
        if not chosen.peer_only:
            programs["halftone"] = ours
        timings = measure.alternate(programs, chosen.runs)

    ratios = []
    if not chosen.peer_only:
        ratios.append(measure.ratio(timings["bitsandbytes"], timings["halftone"]))
    notes = {"linear layers": len(layers), "their bytes": byte_count, "threads": chosen.threads,
             "double quantization": chosen.double_quant,
             "torch uses": torch.backends.cpu.get_cpu_capability()}
    measure.report("NF4, block 64, against bitsandbytes quantize_4bit on CPU", chosen,
                   timings.values(), ratios, notes, byte_count,
                   packages=["bitsandbytes", "torch", "safetensors"])


if __name__ == "__main__":
    main()
