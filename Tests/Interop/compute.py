#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`--compute bf16|f16|llm-int8` computes what Transformers and bitsandbytes do with that type on the CPU.

    compute.py [--venv FOLDER | --python FILE] [--halftone FILE]

For every checkpoint of Tests/Fixtures/families: the logits of all positions in bf16 and fp16 against
Transformers with eager attention and eager experts, and for the trained checkpoint in examples/ the
perplexity of the beginning of its evaluation text too, as it is stored, as NF4 in both types and as
LLM.int8(), each against what bitsandbytes computes with the same codes.

Sums are taken in another order on the two sides, and rounding makes of a last bit a whole step or
nothing. So what is demanded of logits is to be as near to the reference as the reference is to itself
with products summed in fp64 (the "floor"), or nearer than a share of the distance to fp32. Sdpa attention
keeps fp32 between the products and is not what is compared with. Exit 1 if anything is further off.
"""

import json
import sys
from pathlib import Path

from environment import REPOSITORY, main, run
from record import record

sys.path.insert(0, str(REPOSITORY / "Tests/Fixtures/compute"))

RUNTIME = "--compute (running)"
PEER = "Transformers 5.23.0, bitsandbytes 0.50.2"
PINNED = ["numpy==2.4.6", "safetensors==0.8.0", "tokenizers==0.23.3", "torch==2.13.0",
          "transformers==5.23.0", "accelerate==1.15.0", "bitsandbytes==0.50.2"]
FAMILIES = REPOSITORY / "Tests/Fixtures/families"
MODEL = REPOSITORY / "examples/ref-llama"
TEXT = REPOSITORY / "examples/eval.txt"
CONTEXT, WINDOWS = 256, 4

# As in Tests/InferenceTests/ComputeTests.swift.
FLOOR_TOLERANCE, DISTANCE_TOLERANCE = 2.5, 0.7
# Standard errors of the difference between the reference and itself with other sums, over positions: what
# rounding makes of last bits has no direction, and its mean over a text vanishes.
NLL_TOLERANCE = 4


def check(halftone, scratch):
    import torch
    import transformers
    from generate import ExactSums
    from safetensors.torch import load_file
    from torch.utils._python_dispatch import TorchDispatchMode
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    torch.set_num_threads(1)
    class LastBits(TorchDispatchMode):
        """One of a thousand results of SiLU a step larger, as another library's exponential makes them: where
        activations become bytes, a step of a row's largest number moves all of the row."""

        generator = torch.Generator().manual_seed(1)

        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            result = function(*args, **(kwargs or {}))
            if function is not torch.ops.aten.silu.default:
                return result
            moved = torch.rand(result.shape, generator=self.generator) < 1e-3
            step = torch.finfo(result.dtype).eps / 2
            return torch.where(moved, (result.float() * (1 + step)).to(result.dtype), result)

    types = {"bf16": torch.bfloat16, "f16": torch.float16}
    failures = 0

    def say(holds, family, scheme, compared, text):
        nonlocal failures
        failures += not holds
        record(RUNTIME, family, scheme, "pass" if holds else "fail", PEER, compared)
        print(f"{'ok    ' if holds else 'FAILED'} {text}", flush=True)

    def load(folder, dtype, **options):
        return AutoModelForCausalLM.from_pretrained(
            folder, dtype=dtype, attn_implementation="eager", experts_implementation="eager",
            **options).eval()

    def logits(model, ids):
        with torch.no_grad():  # not inference mode, in which the products are not seen one by one
            return model(ids[None].long()).logits[0].float()

    def ours(folder, ids, compute):
        target = scratch / "logits.safetensors"
        run(halftone, "logits", folder, "--tokens", ",".join(map(str, ids.tolist())), "--compute", compute,
            "-o", target, "--overwrite")
        return load_file(target)["logits"]

    def apart(a, b):
        return ((a - b).norm() / b.norm()).item()

    ids = json.loads(run(halftone, "tokenize", MODEL, "--text", TEXT, "--json"))["ids"]
    windows = torch.tensor(ids[:CONTEXT * WINDOWS]).view(WINDOWS, CONTEXT)
    goldens = [(folder, load_file(folder / "golden.safetensors"))
               for folder in sorted(p for p in FAMILIES.iterdir() if p.is_dir())]
    goldens += [(MODEL, {"input_ids": windows[0], "logits": ours(MODEL, windows[0], "f32")})]
    for folder, golden in goldens:
        ids = golden["input_ids"]
        for compute, dtype in types.items():
            model = load(folder, dtype)
            reference = logits(model, ids)
            with ExactSums():
                floor = apart(logits(model, ids), reference)
            found = ours(folder, ids, compute)
            error, distance = apart(found, reference), apart(golden["logits"], reference)
            equal = (found == reference).float().mean().item()
            say(error <= max(FLOOR_TOLERANCE * floor, DISTANCE_TOLERANCE * distance),
                folder.name, compute, "logits, to what an order of sums makes of them",
                f"{folder.name} {compute}: {error:.1e} from the reference, floor {floor:.1e}, fp32 {distance:.1e} "
                f"away; {equal:.0%} of logits equal")

    def nll(model):
        """The negative log-likelihood of every scored position."""
        rows = []
        for window in windows:
            scores = torch.log_softmax(logits(model, window)[:-1].double(), -1)
            rows.append(-scores.gather(1, window[1:, None])[:, 0])
        return torch.cat(rows)

    def halftone_nll(path, compute):
        return json.loads(run(halftone, "perplexity", path, "--text", TEXT, "--context", CONTEXT, "--max-windows",
                              WINDOWS, "--compute", compute, "--json"))["mean_nll"]

    nf4, int8 = scratch / "nf4.tone", scratch / "int8.tone"
    run(halftone, "quantize", MODEL, "-o", nf4, "--scheme", "nf4")
    run(halftone, "quantize", MODEL, "-o", int8, "--scheme", "int8-row")
    cases = [("as stored", MODEL, name, name, {}) for name in types]
    cases += [("nf4", nf4, name, name, dict(load_in_4bit=True, bnb_4bit_quant_type="nf4",
                                            bnb_4bit_compute_dtype=types[name])) for name in types]
    cases += [("int8-row", int8, "llm-int8", "f16", dict(load_in_8bit=True))]
    for label, path, compute, name, quantized in cases:
        options = {"device_map": "cpu", "quantization_config": BitsAndBytesConfig(**quantized)} if quantized else {}
        model = load(MODEL, types[name], **options)
        theirs = nll(model)
        with ExactSums(), LastBits():
            noise = (nll(model) - theirs).std().item() / len(theirs) ** 0.5
        found, exact = halftone_nll(path, compute), halftone_nll(path, "f32")
        apart_by = abs(found - theirs.mean().item())
        say(apart_by <= NLL_TOLERANCE * noise, "ref-llama", f"{label}, {compute}", "perplexity",
            f"ref-llama {label}, {compute}: mean NLL {found:.6f}, theirs {theirs.mean().item():.6f}, which last bits "
            f"move by {noise:.6f}; exact {exact:.6f}")
    if failures:
        sys.exit(f"{failures} cases are further off than they may be")


if __name__ == "__main__":
    main(__file__, __doc__, PINNED, check, RUNTIME, PEER)
