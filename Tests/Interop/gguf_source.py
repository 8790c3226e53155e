#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""GGUF files that llama.cpp's own converter and quantizer make are read as the checkpoints that they
were made from.

    gguf_source.py [--venv FOLDER] [--llama-cpp FOLDER --build FOLDER --python FILE] [--halftone FILE] [--keep FOLDER]

llama.cpp is built, or used where it is, as `llama_cpp.py` says. For each family in `Tests/Fixtures/families`
that the converter takes, the F32 file must give the checkpoint's logits (exactly, where nothing was
rounded on the way), and the Q8_0 file nearly. For the trained checkpoint in `examples/`, F32 and BF16
files must verify with ratio 1 and KL divergence 0; every quantization is verified and reported, and
perplexities are laid side by side.

Exit 0 if everything holds, 1 with the first that does not.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import llama_cpp
from environment import NotInstalled, limited

REPOSITORY = llama_cpp.REPOSITORY
FAMILIES = REPOSITORY / "Tests/Fixtures/families"
MODEL = REPOSITORY / "examples/ref-llama"
TEXT = REPOSITORY / "examples/eval.txt"

# Folder, and the relative error that the F32 file may have. Gemma's norms are stored plus 1, which
# rounds them to fp32.
F32 = {
    "llama": 0, "mistral": None, "mixtral": 0, "qwen2": 0, "qwen3": 0, "gemma": 1e-5, "gemma2": 1e-5,
    "gemma3": 1e-5, "phi": 0, "phi3": 0, "olmo2": 0, "stablelm": 0, "starcoder2": 0, "gpt2": 0, "gpt-neox": 0,
    "falcon-40b": 0,
}
# Mistral's window is not in a GGUF file, so its logits differ from the first position beyond it.
WINDOWS = {"mistral": 16}
# Random networks amplify what 8 bits lose, the more so where experts change; a wrong row or tensor
# gives an error of about 1.
Q8_ERROR = 0.2
QUANTIZATIONS = ["Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q3_K_M",
                 "Q2_K", "IQ4_NL", "IQ4_XS", "TQ2_0", "MXFP4_MOE"]
WINDOW_COUNT = "8"
TOKENS = ",".join(str(7 * i % 500 + 3) for i in range(40))


def run(*command):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{result.stdout[-2000:]}{result.stderr[-2000:]}")
    return result.stdout + result.stderr


class Bench:
    def __init__(self, arguments, folder):
        self.arguments, self.folder = arguments, folder
        self.llama = llama_cpp.LlamaCpp(arguments)

    def halftone(self, *command):
        return run(self.arguments.halftone, *command)

    def convert(self, checkpoint, type):
        output = self.folder / f"{checkpoint.name}-{type}.gguf"
        if not output.exists():
            self.llama.convert(checkpoint, output, type)
        return output

    def logits(self, model):
        from safetensors.numpy import load_file
        output = self.folder / "logits.safetensors"
        self.halftone("logits", model, "--tokens", TOKENS, "-o", output, "--overwrite")
        return load_file(output)["logits"]


def families(bench):
    import numpy as np
    for name in limited(F32, "llama"):
        allowed = F32[name]
        checkpoint = FAMILIES / name
        golden = bench.logits(checkpoint)
        rows = WINDOWS.get(name, len(golden))
        for type in ["f32", "q8_0"]:
            found = bench.logits(bench.convert(checkpoint, type))
            error = np.linalg.norm((found - golden)[:rows]) / np.linalg.norm(golden[:rows])
            limit = (allowed or 0) if type == "f32" else Q8_ERROR
            print(f"{name:12} {type:5} relative error {error:.2e}")
            if error > limit:
                sys.exit(f"{name} {type}: {error} is more than {limit}")


def verified(bench, candidate):
    return json.loads(bench.halftone("verify", MODEL, candidate, "--text", TEXT, "--max-windows",
                                     WINDOW_COUNT, "--json"))


def trained(bench):
    for type in ["f32", "bf16"]:
        result = verified(bench, bench.convert(MODEL, type))
        print(f"ref-llama {type}: ratio {result['perplexity_ratio']}, "
              f"KL {result['kl_divergence']['mean']}")
        if result["perplexity_ratio"] != 1 or result["kl_divergence"]["max"] != 0:
            sys.exit(f"ref-llama {type} is not the original")
    print(f"{'type':10} {'bpw':>6} {'SQNR dB':>8} {'PPL ratio':>10} {'KL':>9} {'PPL':>9} {'llama.cpp':>9}")
    source = bench.convert(MODEL, "f32")
    for type in ["F32"] + limited(QUANTIZATIONS):
        file = source if type == "F32" else bench.folder / f"ref-llama-{type}.gguf"
        if not file.exists():
            bench.llama.quantize(source, file, type)
        report = json.loads(bench.halftone("report", MODEL, file, "--json"))["total"]
        result = verified(bench, file)
        ours = json.loads(bench.halftone("perplexity", file, "--text", TEXT, "--protocol",
                                         "llama.cpp", "--max-windows", WINDOW_COUNT, "--json"))
        theirs = run(bench.llama.perplexity, "-m", file, "-f", TEXT, "--chunks", WINDOW_COUNT)
        theirs = float(re.search(r"Final estimate: PPL = ([0-9.]+)", theirs)[1])
        print(f"{type:10} {report['bits_per_weight']:6.3f} {report['sqnr_db'] or 0:8.2f} "
              f"{result['perplexity_ratio']:10.5f} {result['kl_divergence']['mean']:9.6f} "
              f"{ours['perplexity']:9.4f} {theirs:9.4f}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    llama_cpp.add_arguments(parser)
    arguments = parser.parse_args()
    try:
        llama_cpp.run_with_packages(arguments)
    except (RuntimeError, NotInstalled) as reason:
        return print(f"skipped: llama.cpp can't be had: {reason}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        bench = Bench(arguments, folder)
        families(bench)
        trained(bench)


if __name__ == "__main__":
    main()
