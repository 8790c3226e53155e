#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""vLLM's build for CPUs generates from the compressed-tensors folders that Halftone writes.

    vllm_compressed_tensors.py [--venv FOLDER | --python FILE] [--halftone FILE]

For the trained checkpoint in examples/ in float32: vLLM continues a prompt greedily as `halftone logits` on the same
folder does, token by token. Its wheel for processors without AVX-512 lacks the matrix product of four-bit weights
(cpu_gemm_wna16): there vLLM reads the configuration, loads the arrays and fuses the layers as always, and this
script, aloud, multiplies by what it loaded.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from environment import NotInstalled, interpreter, limited
from integer_group_cases import MODEL, REPOSITORY, run
from record import record

# Their wheels want CUDA's libraries.
UNWANTED = ["triton", "torchvision", "torchaudio", "torchcodec"]
PROMPT = list(range(5, 37))
TOKENS = 12
SCHEMES = [("w4a16", []), ("w4a16-32", ["--block-size", "32"])]


def generate(folder):
    """Runs with vLLM at hand; prints the tokens and whether its own kernel computed them."""
    os.environ.update(
        VLLM_CPU_KVCACHE_SPACE="1", HF_HUB_OFFLINE="1", VLLM_NO_USAGE_STATS="1",
        VLLM_ENABLE_V1_MULTIPROCESSING="0", VLLM_CPU_OMP_THREADS_BIND="nobind")
    import torch
    from vllm import LLM, SamplingParams
    from vllm.model_executor.kernels.linear.mixed_precision import cpu

    def multiply(self, layer, x, bias=None):
        bits = self.config.weight_type.size_bits
        codes = layer.weight_packed.data[:, :, None] >> torch.arange(0, 32, bits)
        codes = (codes & (1 << bits) - 1).flatten(1) - (1 << bits - 1)
        scales = layer.weight_scale.data.float()
        weight = (codes.unflatten(1, (scales.shape[1], -1)) * scales[..., None]).flatten(1)
        return torch.nn.functional.linear(x.float(), weight, bias).to(x.dtype)

    is_own = hasattr(torch.ops._C, "cpu_gemm_wna16")
    if not is_own:
        cpu.CPUWNA16LinearKernel.process_weights_after_loading = lambda self, layer: None
        cpu.CPUWNA16LinearKernel.apply_weights = multiply
    model = LLM(model=folder, enforce_eager=True, max_model_len=256, max_num_seqs=1, dtype="float32")
    found = model.generate(
        [{"prompt_token_ids": PROMPT}], SamplingParams(max_tokens=TOKENS, temperature=0))
    print("RESULT " + json.dumps({"ids": list(found[0].outputs[0].token_ids), "own": is_own}))


def continuation(halftone, folder, scratch):
    """The greedy continuation by `halftone logits`, read without any library."""
    ids = list(PROMPT)
    target = scratch / "logits.safetensors"
    for _ in range(TOKENS):
        run(halftone, "logits", folder, "--tokens", ",".join(map(str, ids)), "-o", target, "--overwrite")
        data = target.read_bytes()
        size = int.from_bytes(data[:8], "little")
        entry = json.loads(data[8:8 + size])["logits"]
        start, end = (8 + size + offset for offset in entry["data_offsets"])
        row = memoryview(data[start:end]).cast("f")[-entry["shape"][1]:]
        ids.append(max(range(len(row)), key=row.__getitem__))
    return ids[len(PROMPT):]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--halftone", type=Path, default=REPOSITORY / ".build/release/halftone")
    parser.add_argument("--venv", type=Path, help="keep environments in this folder")
    parser.add_argument("--python", type=Path, help="an interpreter that has the packages")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.inside:
        return generate(chosen.inside)
    halftone = chosen.halftone.resolve()
    holds = True
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        python = chosen.python.absolute() if chosen.python else None
        try:
            if python is None:
                python = interpreter(chosen.venv or scratch, "vllm")
                run(python, "-m", "pip", "uninstall", "--quiet", "--yes", *UNWANTED)
        except NotInstalled as error:
            print(f"SKIPPED: vLLM can't be had: {error}")
            record("compressed-tensors", "ref-llama", "w4a16", "skip", "vLLM", detail=str(error)[:300])
            return 0
        for scheme, options in limited(SCHEMES):
            folder = scratch / scheme
            run(halftone, "quantize", MODEL, "-o", folder, "--to", "compressed-tensors", *options)
            found = run(python, __file__, "--inside", folder)
            theirs = json.loads(found.split("RESULT ")[1].splitlines()[0])
            ours = continuation(halftone, folder, scratch)
            result = "pass" if ours == theirs["ids"] else "fail"
            kernel = "its own kernel" if theirs["own"] else "loaded by vLLM, multiplied by torch"
            print(f"{result:8}vllm ref-llama {scheme} {kernel}: {theirs['ids']}")
            record("compressed-tensors", "ref-llama", scheme, result, "vllm-cpu 0.32.0",
                   "generated tokens", kernel)
            holds = holds and result == "pass"
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
