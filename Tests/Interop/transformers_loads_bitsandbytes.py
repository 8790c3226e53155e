#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Transformers with bitsandbytes loads what Halftone writes for it, and the other way round.

    transformers_loads_bitsandbytes.py [--venv FOLDER | --python FILE] [--transformers 5|4] [--halftone FILE]

For the trained checkpoint in examples/ and every scheme that bitsandbytes has. Ours: `halftone quantize
--to bitsandbytes`, in one file and in shards; loaded by Transformers on the CPU, no parameter may be
missing or left over, every array must be the one that bitsandbytes saves of the same model (FP4 codes and
scales that are quantized too may differ where a GPU's rule differs from a CPU's), and the logits in
float32 must agree with `halftone logits` on the same folder. Theirs: the folder that Transformers saved,
read by Halftone, restored by `halftone dequantize` to the weights that bitsandbytes restores, and
exported to `.tone` and back with the same bytes. Then every family of Tests/Fixtures/families as NF4 with
double quantization and as int8: refused by name, or loaded with the same demands. Prints tables of what was
found.

Transformers, bitsandbytes and torch are installed, in pinned versions, into a virtual environment in
--venv (kept, and used again) or in a temporary folder; --python names an interpreter that has them. Exit 0
if everything holds, 1 with the first that does not.
"""

import argparse
import json
import logging
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from environment import NotInstalled, interpreter, limited
from record import record

REPOSITORY = Path(__file__).resolve().parents[2]
FAMILIES = REPOSITORY / "Tests/Fixtures/families"
MODEL = REPOSITORY / "examples/ref-llama"
TEXT = REPOSITORY / "examples/eval.txt"
TOKENS = 96

# Both sides compute in float32 on the same weights and differ in the order of their sums.
RELATIVE_ERROR = 1e-5
# By itself bitsandbytes rounds restored weights to bf16, and its 8-bit layers every activation to 8 bits.
OWN_ARITHMETIC = 0.1
# The most codes that may differ because a GPU's thresholds are others than a CPU's.
FP4_SHARE = 0.02
# The same for scales that are quantized themselves; they differ by one step at most.
NESTED_SHARE = 0.01

CASES = [
    # name, options of `quantize`, options of BitsAndBytesConfig
    ("nf4", ["--scheme", "nf4"], {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4"}),
    ("nf4-dq", ["--scheme", "nf4", "--double-quant"],
     {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_use_double_quant": True}),
    ("fp4", ["--scheme", "fp4"], {"load_in_4bit": True, "bnb_4bit_quant_type": "fp4"}),
    ("fp4-dq", ["--scheme", "fp4", "--double-quant"],
     {"load_in_4bit": True, "bnb_4bit_quant_type": "fp4", "bnb_4bit_use_double_quant": True}),
    ("int8", ["--scheme", "int8-row"], {"load_in_8bit": True}),
    ("nf4-128", ["--scheme", "nf4", "--block-size", "128"], None),
    ("nf4-32", ["--scheme", "nf4", "--block-size", "32", "--double-quant"], None),
]


def run(*words):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))}\nexit {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def check(halftone, scratch):
    """Runs with Transformers at hand."""
    os.environ["TRANSFORMERS_OFFLINE"] = "1"
    import bitsandbytes
    import torch
    import transformers
    from safetensors.torch import load_file

    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    rows = []
    peer = f"Transformers {transformers.__version__}, bitsandbytes {bitsandbytes.__version__}"

    def keep(family, scheme, result="pass"):
        record("bitsandbytes", family, scheme, result, peer, "arrays and logits")

    def demand(true, text):
        if not true:
            sys.exit(f"FAILED {text}")

    def arrays(folder):
        found = {}
        for file in sorted(folder.glob("*.safetensors")):
            found.update(load_file(file))
        return found

    ids = json.loads(run(halftone, "tokenize", MODEL, "--text", TEXT, "--json"))["ids"][:TOKENS]
    tokens = ",".join(map(str, ids))

    def our_logits(model, tokens=tokens):
        target = scratch / "logits.safetensors"
        run(halftone, "logits", model, "--tokens", tokens, "-o", target, "--overwrite")
        return load_file(target)["logits"]

    def load(folder, **options):
        return transformers.AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, device_map="cpu", attn_implementation="eager", **options)

    def their_logits(folder, name, ids=ids, expected=42, runs_by_itself=True):
        """Logits on the weights that bitsandbytes restores, and by its own arithmetic."""
        model, about = load(folder, output_loading_info=True)
        missing = set(about["missing_keys"]) - {"lm_head.weight"}
        wrong = missing | set(about["unexpected_keys"]) | set(about["mismatched_keys"])
        demand(not wrong, f"{name}: missing or left over: {sorted(wrong)}")
        kinds = (bitsandbytes.nn.Linear4bit, bitsandbytes.nn.Linear8bitLt)
        layers = sum(isinstance(module, kinds) for module in model.modules())
        demand(layers == expected, f"{name}: {layers} quantized layers, not {expected}")
        weights = {key: (restored(m), m.bias) for key, m in model.named_modules()
                   if isinstance(m, kinds)}
        with torch.inference_mode():
            # What a model loaded as float32 keeps in bf16 stops some families with a type error.
            by_itself = model.eval()(torch.tensor([ids])).logits[0] if runs_by_itself else None
            for key, (weight, bias) in weights.items():
                plain = torch.nn.Linear(*reversed(weight.shape), bias=bias is not None)
                plain.bias = bias
                plain.weight = torch.nn.Parameter(weight, requires_grad=False)
                model.set_submodule(key, plain)
            # Transformers refuses to convert what was loaded as quantized.
            torch.nn.Module.float(model)
            logits = model.eval()(torch.tensor([ids])).logits[0]
            return logits, by_itself.float() if runs_by_itself else None

    def restored(module):
        """A layer's weights as bitsandbytes restores them, in float32."""
        if isinstance(module, bitsandbytes.nn.Linear8bitLt):
            return bitsandbytes.functional.int8_vectorwise_dequant(
                module.weight.data, module.weight.SCB)
        state = module.weight.quant_state
        kept, state.dtype = state.dtype, torch.float32
        weight = bitsandbytes.functional.dequantize_4bit(module.weight.data, state)
        state.dtype = kept
        return weight

    def difference(name, ours, theirs):
        """How the arrays of two folders differ, in words."""
        demand(ours.keys() == theirs.keys(), f"{name}: other arrays {ours.keys() ^ theirs.keys()}")
        parts = {"codes": [0, 0], "scales": [0, 0], "other": [0, 0]}
        for key, mine in ours.items():
            other = theirs[key]
            if "quant_state" in key and "dq" in name:
                # The mean of the scales depends on the order of the sum.
                mine, other = (json.loads(bytes(t.tolist())) for t in (mine, other))
                offsets = (mine.pop("nested_offset"), other.pop("nested_offset"))
                demand(mine == other, f"{name}: {key}")
                demand(abs(offsets[0] / offsets[1] - 1) < 1e-6, f"{name}: {key} {offsets}")
                continue
            demand(mine.dtype == other.dtype and mine.shape == other.shape, f"{name}: {key}")
            kind = "codes" if mine.dtype == torch.uint8 and key.endswith(".weight") else \
                "scales" if mine.dtype == torch.uint8 and key.endswith("absmax") else "other"
            if kind == "codes":
                mine, other = (torch.stack((t >> 4, t & 15)) for t in (mine, other))
            if kind == "scales":
                demand((mine.int() - other.int()).abs().max() <= 1, f"{name}: {key}")
            if key.endswith("nested_absmax"):
                demand(torch.allclose(mine, other, rtol=1e-5), f"{name}: {key}")
                continue
            parts[kind][0] += (mine != other).sum().item()
            parts[kind][1] += mine.numel()
        limits = {"codes": FP4_SHARE if "fp4" in name else 0, "scales": NESTED_SHARE, "other": 0}
        for kind, (differing, count) in parts.items():
            demand(differing <= limits[kind] * count, f"{name}: {differing} of {count} {kind} differ")
        said = [f"{100 * d / n:.2f} % of {k}" for k, (d, n) in parts.items() if d]
        return ", ".join(said) + " differ" if said else "all arrays equal"

    for name, quantize, config in limited(CASES):
        ours = scratch / name
        run(halftone, "quantize", MODEL, "-o", ours, "--to", "bitsandbytes", *quantize)
        sharded = scratch / f"{name}-sharded"
        run(halftone, "quantize", MODEL, "-o", sharded, "--to", "bitsandbytes", "--shard-size", "1MB",
            *quantize)
        reference, by_itself = their_logits(ours, name)
        demand(torch.equal(reference, their_logits(sharded, name)[0]), f"{name}: shards load alike")
        logits = our_logits(ours)
        error, own = (
            ((logits - theirs).norm() / theirs.norm()).item() for theirs in (reference, by_itself))
        demand(error <= RELATIVE_ERROR, f"{name}: logits differ by {error:.2e}")
        demand(own <= OWN_ARITHMETIC, f"{name}: logits by its own arithmetic differ by {own:.2e}")
        row = [name, f"{error:.1e}", f"{own:.1e}"]
        if config is None:
            keep(MODEL.name, name)
            rows.append(row + ["not compared", "not compared"])
            continue
        saved = scratch / f"{name}-theirs"
        config = transformers.BitsAndBytesConfig(**config, bnb_4bit_compute_dtype=torch.bfloat16)
        model = transformers.AutoModelForCausalLM.from_pretrained(
            MODEL, quantization_config=config, dtype=torch.bfloat16, device_map="cpu")
        model.save_pretrained(saved)
        row.append(difference(name, arrays(ours), arrays(saved)))
        # Before any forward pass, after which a CPU's layers are stored in another order.
        run(halftone, "dequantize", saved, "-o", scratch / f"{name}-restored", "--dtype", "f32")
        weights = arrays(scratch / f"{name}-restored")
        for key, module in model.named_modules():
            if isinstance(module, (bitsandbytes.nn.Linear4bit, bitsandbytes.nn.Linear8bitLt)):
                demand(torch.equal(weights[f"{key}.weight"], restored(module)),
                       f"{name}: {key} is restored otherwise")
        tone, back = scratch / f"{name}.tone", scratch / f"{name}-back"
        run(halftone, "export", saved, "--to", "tone", "-o", tone)
        run(halftone, "export", tone, "--to", "bitsandbytes", "-o", back)
        before, after = arrays(saved), arrays(back)
        same = before.keys() == after.keys() and all(
            torch.equal(before[k], after[k]) for k in before)
        demand(same, f"{name}: .tone and back changes the arrays")
        rows.append(row + ["weights equal, .tone and back equal"])
        keep(MODEL.name, name)
        print(f"ok {name}", file=sys.stderr)

    def loads_plainly(family):
        """Whether this Transformers computes the checkpoint's own logits; version 4 can't all."""
        golden = load_file(family / "golden.safetensors")
        try:
            model = load(family).eval()
            with torch.inference_mode():
                logits = model(golden["input_ids"].flatten()[None].long()).logits[0]
        except (RuntimeError, ValueError):
            return False
        return ((logits - golden["logits"]).norm() / golden["logits"].norm()).item() < 1e-4

    table = []
    for family in limited(sorted(f for f in FAMILIES.iterdir() if f.is_dir()), "llama"):
        row = [family.name]
        if not loads_plainly(family):
            table.append(row + ["the checkpoint itself is computed otherwise there"] + [""])
            continue
        for name, quantize in [("nf4-dq", ["--scheme", "nf4", "--double-quant"]),
                               ("int8", ["--scheme", "int8-row"])]:
            output = scratch / f"{family.name}-{name}"
            words = [halftone, "quantize", family, "-o", output, "--to", "bitsandbytes", "--json",
                     *quantize]
            done = subprocess.run([str(w) for w in words], capture_output=True, text=True)
            if done.returncode:
                demand("bitsandbytes does not work for the family" in done.stderr, done.stderr)
                row.append("refused")
                keep(family.name, name, "refused")
                continue
            ids_here = load_file(family / "golden.safetensors")["input_ids"].flatten().tolist()
            layers = json.loads(done.stdout)["quantized_tensors"]
            theirs, _ = their_logits(
                output, f"{family.name} {name}", ids_here, layers, runs_by_itself=False)
            mine = our_logits(output, ",".join(map(str, ids_here)))
            error = ((mine - theirs).norm() / theirs.norm()).item()
            demand(error <= RELATIVE_ERROR, f"{family.name} {name}: logits differ by {error:.2e}")
            row.append(f"{layers} layers, {error:.1e}")
            keep(family.name, name)
        table.append(row)
        print(f"ok {family.name}", file=sys.stderr)

    print(f"Transformers {transformers.__version__}, bitsandbytes {bitsandbytes.__version__}, torch "
          f"{torch.__version__}, on the CPU; {TOKENS} tokens of examples/ref-llama\n")
    print("| scheme | logits on its restored weights | by its own arithmetic | our arrays against "
          "bitsandbytes' | bitsandbytes' read by us |")
    print("| --- | --- | --- | --- | --- |")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print("\n| family | nf4, double quantization | int8 |\n| --- | --- | --- |")
    for row in table:
        print("| " + " | ".join(row) + " |")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--halftone", type=Path, default=REPOSITORY / ".build/release/halftone")
    parser.add_argument("--venv", type=Path, help="keep environments in this folder")
    parser.add_argument("--python", type=Path, help="an interpreter that has the packages")
    parser.add_argument("--transformers", choices=["5", "4"], default="5", help="which major version")
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
            python = python or interpreter(chosen.venv or name, f"transformers{chosen.transformers}")
        except NotInstalled as error:
            print(f"SKIPPED: bitsandbytes can't be installed: {error}")
            return record("bitsandbytes", MODEL.name, "", "skip", detail=str(error)[:300])
        return subprocess.run([python, __file__, "--inside", "--halftone", halftone]).returncode


if __name__ == "__main__":
    sys.exit(main())
