#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Transformers loads what `halftone dequantize` writes and computes the logits that halftone does.

    transformers_loads_dequantized.py [--venv FOLDER | --python FILE] [--halftone FILE]

For the trained checkpoint in examples/: plain, as NF4 with and without double quantization, FP4 and
int8-row; each as a `.tone` file, dequantized to float32 and, once, to bf16. Of each folder it
demands that Transformers finds every parameter and no other, that its float32 logits agree with
those of `halftone logits` on the same folder and on the `.tone` file, and that its tokenizer gives
the ids that halftone gives. The plain checkpoint must come back in the same bytes.

Transformers is installed, in pinned versions, into a virtual environment in --venv (kept, and used
again) or in a temporary folder; --python names an interpreter that already has it. That is why this
is not among the tests that `swift test` runs. Exit 0 if everything holds, 1 with the first that
does not.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from environment import NotInstalled, interpreter, limited

REPOSITORY = Path(__file__).resolve().parents[2]
MODEL = REPOSITORY / "examples/ref-llama"
TEXT = REPOSITORY / "examples/eval.txt"

# Both sides compute in float32 on the same weights and differ in the order of their sums; the
# reference arithmetic of this project promises 1e-5, and the folder may have been written as bf16.
RELATIVE_ERROR = 1e-4
TOKENS = 128

CASES = [
    # name, options of `quantize`, options of `dequantize`
    ("plain", ["--scheme", "bf16"], ["--dtype", "bf16"]),
    ("nf4", ["--scheme", "nf4"], ["--dtype", "f32"]),
    ("nf4-bf16", ["--scheme", "nf4"], ["--dtype", "bf16"]),
    ("nf4-double", ["--scheme", "nf4", "--double-quant"], ["--dtype", "f32"]),
    ("fp4", ["--scheme", "fp4"], ["--dtype", "f32"]),
    ("int8-row", ["--scheme", "int8-row"], ["--dtype", "f32"]),
]


def run(*words):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))}\nexit {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def check(halftone, scratch):
    """Runs with Transformers at hand."""
    os.environ["TRANSFORMERS_OFFLINE"] = "1"
    import torch
    import transformers
    from safetensors import safe_open
    from safetensors.torch import load_file

    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()

    def demand(true, text):
        if not true:
            sys.exit(f"FAILED {text}")
        print(f"ok     {text}")

    ids = json.loads(run(halftone, "tokenize", MODEL, "--text", TEXT, "--json"))["ids"]
    tokens = ",".join(map(str, ids[:TOKENS]))

    def halftone_logits(model, name):
        target = scratch / f"{name}.logits.safetensors"
        run(halftone, "logits", model, "--tokens", tokens, "-o", target)
        found = load_file(target)
        demand(found["input_ids"].tolist() == ids[:TOKENS], f"{name}: the ids come back")
        return found["logits"]

    for name, quantize, dequantize in limited(CASES):
        tone, folder = scratch / f"{name}.tone", scratch / name
        run(halftone, "quantize", MODEL, "-o", tone, *quantize)
        run(halftone, "dequantize", tone, "-o", folder, *dequantize)
        if name == "plain":
            with safe_open(MODEL / "model.safetensors", "pt") as before, \
                    safe_open(folder / "model.safetensors", "pt") as after:
                same = sorted(before.keys()) == sorted(after.keys()) and all(
                    before.get_tensor(k).dtype == after.get_tensor(k).dtype
                    and torch.equal(before.get_tensor(k), after.get_tensor(k))
                    for k in before.keys())
            demand(same, f"{name}: every tensor comes back in the same bytes")

        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        theirs = tokenizer(TEXT.read_text(encoding="utf-8"))["input_ids"]
        demand(theirs == ids, f"{name}: the tokenizer gives the same {len(ids)} ids")

        model, about = transformers.AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
        # A tied head is derived, not stored.
        missing = set(about["missing_keys"]) - {"lm_head.weight"}
        wrong = missing | set(about["unexpected_keys"]) | set(about["mismatched_keys"])
        demand(not wrong, f"{name}: no parameter is missing or left over {sorted(wrong) or ''}")

        with torch.inference_mode():
            reference = model.eval()(torch.tensor([ids[:TOKENS]])).logits[0]
        sides = {"folder": folder}
        if dequantize == ["--dtype", "f32"] or name == "plain":
            sides[".tone"] = tone
        for side, path in sides.items():
            ours = halftone_logits(path, f"{name}-{side.strip('.')}")
            error = ((ours - reference).norm() / reference.norm()).item()
            demand(ours.shape == reference.shape and error <= RELATIVE_ERROR,
                   f"{name}: logits of the {side} agree, relative error {error:.2e}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--halftone", type=Path, default=REPOSITORY / ".build/release/halftone")
    parser.add_argument("--venv", type=Path, help="keep environments in this folder")
    parser.add_argument("--python", type=Path, help="an interpreter that has the packages")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    halftone = chosen.halftone.resolve()
    if not halftone.exists():
        sys.exit(f"{halftone} does not exist: swift build -c release, or name it with --halftone")
    with tempfile.TemporaryDirectory() as name:
        if chosen.inside:
            return check(halftone, Path(name))
        # absolute, not resolve: a virtual environment's interpreter is known by its own path.
        python = chosen.python.absolute() if chosen.python else None
        try:
            python = python or interpreter(chosen.venv or name, "transformers5")
        except NotInstalled as error:
            return print(f"SKIPPED: Transformers can't be installed: {error}")
        return subprocess.run([python, __file__, "--inside", "--halftone", halftone]).returncode


if __name__ == "__main__":
    sys.exit(main())
