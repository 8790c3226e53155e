#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows that a loaded model takes at most its file, its cache and 100 MB, whatever scheme or format it has.

    generate_memory.py --memory-folder FOLDER [--size 500m] [--only tone:nf4 gguf:q4_k_m ...]

Makes a checkpoint of random weights and, one after the other, a quantized copy of it in every scheme and
in the formats of other runtimes; goes on with a short prompt (`bench`), and measures peak anonymous memory
as memory.py does (Linux only). A `.tone` file is stored raw, so that nothing is copied that the kernels
take as it stands. The tokens per second are for comparison among the rows only. Wants the checkpoint and
one copy free in the folder (1.6 GB).
"""

import json
import shutil
import sys

import make_checkpoint
import measure
import memory

ALLOWANCE = 100_000_000
CASES = [
    "tone:nf4", "tone:nf4+dq", "tone:fp4", "tone:int4", "tone:int8", "tone:int8-row", "tone:bf16",
    "tone:w4a16", "tone:w4a16-asym", "tone:w8a16", "tone:fp8", "tone:nvfp4", "tone:mxfp4",
    "tone:affine2", "tone:affine4", "tone:affine6", "tone:affine8", "tone:int8-ct2",
    "gguf:q4_0", "gguf:q8_0", "gguf:q4_k_m", "gguf:q3_k_m", "gguf:q6_k", "bitsandbytes:nf4", "mlx:affine4",
    "compressed-tensors:w4a16", "gptq:w4a16", "awq:w4a16", "ctranslate2:int8-ct2",
    "modelopt:nvfp4",
]


def main():
    parser = measure.options(__doc__, runs=None, memory_folder=True, checkpoint=True)
    parser.add_argument("--size", default="500m", choices=make_checkpoint.SIZES)
    parser.add_argument("--only", nargs="+", default=CASES, metavar="FORMAT:SCHEME")
    parser.add_argument("--prompt-tokens", type=int, default=32)
    parser.add_argument("--generate-tokens", type=int, default=16)
    chosen = parser.parse_args()
    halftone = measure.program(chosen)
    results, failed = {}, []
    with measure.scratch(chosen.memory_folder) as folder:
        source = folder / "source"
        if chosen.checkpoint:
            source.mkdir()
            for file in chosen.checkpoint.iterdir():
                (source / file.name).symlink_to(file)
        else:
            make_checkpoint.make(source, chosen.size)
        for name in ["tokenizer.json", "tokenizer_config.json"]:
            if not (source / name).exists():
                shutil.copy(measure.REPOSITORY / "examples/ref-llama" / name, source)
        for case in chosen.only:
            form, _, scheme = case.partition(":")
            model = folder / ("model.gguf" if form == "gguf" else
                              "model.tone" if form == "tone" else "model")
            more = ["--compression", "none"] if form == "tone" else ["--to", form]
            more += ["--double-quant"] if scheme.endswith("+dq") else []
            measure.command(halftone, "quantize", source, "-o", model, "--scheme",
                            scheme.removesuffix("+dq"), *more)
            found = memory.watch(
                [halftone, "bench", model, "--prompt-tokens", chosen.prompt_tokens,
                 "--generate-tokens", chosen.generate_tokens, "--repetitions", 1,
                 "--threads", chosen.threads, "--json"], output=folder / "result.json")
            bench = json.loads((folder / "result.json").read_text())
            found["file_bytes"] = measure.file_bytes(model)
            found["cache_bytes"] = bench["cache_bytes"]
            found["limit_bytes"] = found["file_bytes"] + found["cache_bytes"] + ALLOWANCE
            found["tokens_per_second"] = bench["generate_tokens_per_second"]
            if found["peak_anonymous_bytes"] > found["limit_bytes"]:
                failed.append(f"{case}: exceeded")
            results[case] = found
            measure.remove(model)
            measure.progress(line(case, found))
    measure.report_each(chosen, results, line)
    if failed:
        sys.exit("; ".join(failed))


def line(case, found):
    return (f"{case}: file {found['file_bytes'] / 1e6:.0f} MB, peak anonymous "
            f"{found['peak_anonymous_bytes'] / 1e6:.0f} MB of {found['limit_bytes'] / 1e6:.0f} MB "
            f"(cache {found['cache_bytes'] / 1e6:.0f} MB), {found['tokens_per_second']:.1f} tokens/s")


if __name__ == "__main__":
    main()
