#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Quantizing to GGUF against llama.cpp's llama-quantize, from the same bf16 weights to the same bytes.

    gguf_speed.py --memory-folder FOLDER --llama-quantize FILE [--types Q4_0,Q8_0,Q4_K_S,Q6_K]

halftone reads the safetensors checkpoint, llama-quantize the 16-bit GGUF file that is made of it, as
it has to; both write the whole model by the same mix to the memory folder. Before anything is timed,
every tensor of both outputs is compared byte for byte. Wants 3 times the checkpoint's size free in the
memory folder.
"""

import shutil
from pathlib import Path

import gguf_checkpoint
import make_checkpoint
import measure


def add_tokenizer(checkpoint):
    """Checkpoints of make_checkpoint.py have none, and a GGUF file has one."""
    example = measure.REPOSITORY / "examples/ref-llama"
    for name in ("tokenizer.json", "tokenizer_config.json"):
        if not (checkpoint / name).exists():
            shutil.copy(example / name, checkpoint)


def require_same_tensors(ours, theirs):
    import gguf
    import numpy as np

    ours, theirs = ({t.name: t for t in gguf.GGUFReader(path).tensors} for path in (ours, theirs))
    assert set(ours) == set(theirs), set(ours) ^ set(theirs)
    for name, tensor in ours.items():
        other = theirs[name]
        assert tensor.tensor_type == other.tensor_type, (name, tensor.tensor_type, other.tensor_type)
        assert np.array_equal(tensor.data.view(np.uint8), other.data.view(np.uint8)), name


def main():
    parser = measure.options(__doc__, memory_folder=True, checkpoint=True)
    parser.add_argument("--llama-quantize", type=Path, required=True,
                        help="what Benchmarks/peers/build-llama-cpp.sh builds")
    parser.add_argument("--types", default="Q4_0,Q8_0,Q4_K_S,Q6_K")
    chosen = parser.parse_args()
    halftone = measure.program(chosen)
    types = chosen.types.split(",")
    with measure.scratch(chosen.memory_folder) as folder:
        source = chosen.checkpoint or make_checkpoint.make(folder / "source")
        add_tokenizer(source)
        gguf_checkpoint.convert(source, folder / "source.gguf")
        ours, theirs = folder / "ours.gguf", folder / "theirs.gguf"

        def run_theirs(type):
            measure.remove(theirs)
            return measure.command(chosen.llama_quantize, folder / "source.gguf", theirs, type,
                                   chosen.threads)

        def run_ours(type):
            measure.remove(ours)
            return measure.command(halftone, "quantize", source, "-o", ours, "--to", "gguf",
                                   "--scheme", type.lower(), "--threads", chosen.threads)

        timings, ratios, sizes = [], [], {}
        for type in types:
            run_ours(type)
            run_theirs(type)
            require_same_tensors(ours, theirs)
            sizes[f"{type} output bytes"] = measure.file_bytes(ours)
            measure.remove(ours)
            measure.remove(theirs)
            found = measure.alternate(
                {f"llama-quantize {type}": lambda: run_theirs(type),
                 f"halftone {type.lower()}": lambda: run_ours(type)}, chosen.runs, warm_ups=0)
            timings += found.values()
            ratios.append(measure.ratio(*found.values()))
            measure.remove(ours)
            measure.remove(theirs)
        source_bytes = measure.file_bytes(source)

    release = chosen.llama_quantize.parent / "VERSION"
    notes = {"source bytes": source_bytes, "threads": chosen.threads,
             "outputs": "every tensor equal, byte for byte",
             "llama.cpp from": release.read_text().strip() if release.exists() else "unknown"} | sizes
    measure.report("GGUF against llama-quantize", chosen, timings, ratios, notes, source_bytes,
                   packages=["numpy", "gguf"])


if __name__ == "__main__":
    main()
