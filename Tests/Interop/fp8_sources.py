#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Halftone reads checkpoints in FP8 and MXFP4 as Transformers restores them.

    fp8_sources.py [--venv FOLDER | --python FILE] [--halftone FILE]

Encodes families of Tests/Fixtures/families as DeepSeek, FBGEMM, Mistral and OpenAI publish theirs (the program that
made Tests/Fixtures/published does it), with blocks of 128 x 128 too. For each, `halftone dequantize` must restore the same weights to
the bit, `halftone logits` must agree with Transformers in float32 on them, `report` must find no error against
the restored checkpoint, and `quantize --requantize` must give what `quantize` gives from it.

Transformers and torch are installed, in pinned versions, into a virtual environment in --venv (kept, and used again)
or in a temporary folder; --python names an interpreter that has them. Exit 0 if everything holds, 1 with the first
that does not.
"""

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from environment import REPOSITORY, limited, main, run  # noqa: E402
from record import record  # noqa: E402

FAMILIES = REPOSITORY / "Tests/Fixtures/families"
PEER = "Transformers 5.23.0"
CASES = [
    ("deepseek", "deepseek-v3", (32, 16)), ("deepseek", "deepseek-v3", (128, 128)), ("deepseek", "llama", (128, 128)),
    ("deepseek", "qwen3-moe", (32, 32)), ("fbgemm", "llama", None), ("fbgemm", "qwen2", None), ("per_tensor", "mistral", None),
    ("gpt_oss", "gpt-oss", None),
]

# Both sides compute in float32 on the same weights and differ in the order of their sums.
RELATIVE_ERROR = 1e-5


def check(halftone, scratch):
    """Runs with Transformers at hand."""
    os.environ["TRANSFORMERS_OFFLINE"] = "1"
    sys.path.insert(0, str(REPOSITORY / "Tests/Fixtures/published"))
    import generate
    import torch
    import transformers
    from safetensors.torch import load_file, save_file

    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()

    def demand(true, text):
        if not true:
            sys.exit(f"FAILED {text}")

    for encoding, family, block in limited(CASES):
        name = f"{family} {encoding}{'' if block is None else f' {block[0]}x{block[1]}'}"
        if block:
            generate.BLOCK = block
            generate.fp8_blocks.__defaults__ = (block,)
        config = json.loads((FAMILIES / family / "config.json").read_text())
        stored, restored, quantization = getattr(generate, encoding)(load_file(FAMILIES / family / "model.safetensors"))
        folders = {}
        for kind, tensors, about in [("encoded", stored, {**config, "quantization_config": quantization}), ("plain", restored, config)]:
            folders[kind] = scratch / kind
            folders[kind].mkdir(exist_ok=True)
            save_file({k: v.contiguous() for k, v in tensors.items()}, folders[kind] / "model.safetensors", {"format": "pt"})
            (folders[kind] / "config.json").write_text(json.dumps(about))

        target = scratch / "restored"
        run(halftone, "dequantize", folders["encoded"], "-o", target, "--dtype", "f32", "--overwrite")
        found = load_file(target / "model.safetensors")
        demand(found.keys() == restored.keys(), f"{name}: other tensors: {sorted(found.keys() ^ restored.keys())[:4]}")
        for key, value in restored.items():
            demand(torch.equal(found[key], value), f"{name}: {key} is restored otherwise")

        ids = list(range(7, 47))
        model = transformers.AutoModelForCausalLM.from_pretrained(folders["plain"], dtype=torch.float32, attn_implementation="eager")
        with torch.inference_mode():
            theirs = torch.nn.Module.float(model).eval()(torch.tensor([ids])).logits[0]
        logits = scratch / "logits.safetensors"
        run(halftone, "logits", folders["encoded"], "--tokens", ",".join(map(str, ids)), "-o", logits, "--overwrite")
        error = ((load_file(logits)["logits"] - theirs).norm() / theirs.norm()).item()
        demand(error < RELATIVE_ERROR, f"{name}: logits differ by {error:.1e}")

        report = json.loads(run(halftone, "report", folders["plain"], folders["encoded"], "--json"))
        demand(report["total"]["max_absolute_error"] == 0, f"{name}: report finds an error: {report['total']}")

        # What is left are weights in the model's own type.
        bf16, again, direct = scratch / "bf16", scratch / "again.tone", scratch / "direct.tone"
        run(halftone, "dequantize", folders["encoded"], "-o", bf16, "--overwrite")
        run(halftone, "quantize", folders["encoded"], "-o", again, "--scheme", "nf4", "--requantize", "--overwrite")
        run(halftone, "quantize", bf16, "-o", direct, "--scheme", "nf4", "--overwrite")
        total = json.loads(run(halftone, "report", direct, again, "--json"))["total"]
        demand(total["max_absolute_error"] == 0, f"{name}: requantized otherwise: {total}")
        print(f"{name}: weights the same, logits {error:.1e}, requantized")
        record("published FP8/MXFP4 (reading)", family, encoding, "pass", PEER, "weights, bits; logits", f"{error:.1e}")


if __name__ == "__main__":
    main(__file__, __doc__, "transformers5", check, "published FP8/MXFP4 (reading)", PEER)
