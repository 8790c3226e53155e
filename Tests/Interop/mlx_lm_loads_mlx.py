#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""MLX holds, and mlx-lm loads and computes, what Halftone writes for it, and the other way round.

    mlx_lm_loads_mlx.py [--venv FOLDER | --python FILE] [--halftone FILE]

Arrays: random weights of three types as every width, in every group, and as mxfp4; each array must be the one
that `mx.quantize` makes. Then the trained checkpoint in examples/ and every family of Tests/Fixtures/families,
by several schemes: refused by name, or loaded by mlx-lm with no array missing or left over; its logits, in
float32, must agree with `halftone logits` on the same folder; and where mlx-lm can quantize the checkpoint
itself, Halftone must read what it saves to the weights that mx.dequantize restores, and bring it through
`.tone` back to the same arrays.

MLX (its build for CPUs) and mlx-lm are installed, in pinned versions, into a virtual environment in --venv
(kept, and used again) or in a temporary folder; --python names an interpreter that has them. Where they can't
be installed the script says so and exits 0. Exit 1 with the first thing that does not hold.
"""

import argparse
import json
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
PEER = "mlx-lm 0.32.2, MLX 0.32.4 (CPU)"
TOKENS = 96
# mlx-lm passes over some families' sliding windows of 16 tokens, so no token must be outside.
FAMILY_TOKENS = 15

# Both sides compute in float32 on the same weights and differ in the order of their sums.
RELATIVE_ERROR = 1e-5
# mlx-lm has another approximation of GELU than the model's publisher.
OTHER_GELU = {"gemma": 5e-4, "gpt-neox": 5e-4, "starcoder2": 5e-4}
# MLX restores rows of an mxfp4 embedding in bf16, and here no norm in float32 comes before the first layer.
EMBEDDING_IN_BF16 = {("olmo2", "mxfp4-mlx"): 1e-2}
# Keys without which mlx-lm does not load a checkpoint that Transformers 5 saved.
NEEDED = {"qwen3-moe": {"num_experts": 8}, "gpt2": {"n_ctx": 256}}
# mlx-lm stacks this family's experts only as OpenAI stored them, and needs the order of GPT-2's names.
NOT_CONVERTED = {"gpt-oss", "gpt2"}

TRAINED = ["affine2", "affine3", "affine4", "affine5", "affine6", "affine8", "mixed_2_6", "mixed_3_4",
           "mixed_3_6", "mixed_4_6", "mxfp4-mlx", "mxfp4", "bf16"]
BY_FAMILY = ["affine4", "mxfp4-mlx", "f32"]


def run(*words):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))}\nexit {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def check(halftone, scratch):
    """Runs with MLX at hand."""
    import mlx.core as mx
    import numpy as np
    from mlx.utils import tree_map
    from mlx_lm.convert import mixed_quant_predicate_builder
    from mlx_lm.utils import load_model, quantize_model, save_config, save_model

    mx.set_default_device(mx.cpu)

    def demand(true, text):
        if not true:
            sys.exit(f"FAILED {text}")

    def arrays(folder):
        found = {}
        for file in sorted(folder.glob("*.safetensors")):
            found.update(mx.load(str(file)))
        return found

    def same(a, b):
        if a.keys() != b.keys():
            return False
        return all(a[k].dtype == b[k].dtype and a[k].shape == b[k].shape
                   and mx.array_equal(a[k].view(mx.uint8), b[k].view(mx.uint8)) for k in a)

    def float32(model):
        model.update(tree_map(
            lambda a: a.astype(mx.float32) if mx.issubdtype(a.dtype, mx.floating) else a,
            model.parameters()))
        return model

    def their_logits(folder, ids):
        # Strict: an array that is missing or left over is an error.
        model, _ = load_model(folder, lazy=True)
        return np.array(float32(model)(mx.array([ids]))[0])

    def our_logits(folder, ids):
        target = scratch / "logits.safetensors"
        run(halftone, "logits", folder, "--tokens", ",".join(map(str, ids)), "-o", target, "--overwrite")
        return np.array(mx.load(str(target))["logits"])

    def compare_arrays():
        random = np.random.default_rng(1)
        cases = 0
        for type_name, dtype in (("f32", mx.float32), ("bf16", mx.bfloat16), ("f16", mx.float16)):
            weights = random.standard_t(4, (96, 1024)).astype(np.float32) * 0.05
            weights[:4] = np.abs(weights[:4]) + 1
            weights[4] = 0
            folder = scratch / f"random-{type_name}"
            folder.mkdir()
            name = "model.layers.0.mlp.down_proj"
            array = mx.array(weights).astype(dtype)
            mx.save_safetensors(str(folder / "model.safetensors"), {f"{name}.weight": array})
            (folder / "config.json").write_text('{"model_type": "llama", "num_hidden_layers": 1}')
            for scheme, bits in [(f"affine{b}", b) for b in (2, 3, 4, 5, 6, 8)] + [("mxfp4-mlx", 4)]:
                groups = [32] if scheme == "mxfp4-mlx" else [32, 64, 128]
                for group in groups:
                    output = scratch / "arrays"
                    options = [] if scheme == "mxfp4-mlx" else ["--block-size", group]
                    run(halftone, "quantize", folder, "-o", output, "--to", "mlx", "--scheme", scheme,
                        "--overwrite", *options)
                    mode = "mxfp4" if scheme == "mxfp4-mlx" else "affine"
                    expected = mx.quantize(array, group_size=group, bits=bits, mode=mode)
                    names = ["weight", "scales", "biases"][:len(expected)]
                    theirs = {f"{name}.{part}": a for part, a in zip(names, expected)}
                    demand(same(arrays(output), theirs), f"arrays: {type_name} {scheme} {group}")
                    cases += 1
        print(f"ok arrays: {cases} combinations of type, width and group", file=sys.stderr)

    def their_conversion(source, scheme, group, name):
        """The checkpoint as mlx-lm quantizes and saves it."""
        model, config = load_model(source, lazy=True, model_config=NEEDED.get(name, {}))
        recipe = scheme if scheme.startswith("mixed") else None
        predicate = mixed_quant_predicate_builder(recipe, model, group) if recipe else None
        mode = "mxfp4" if scheme.startswith("mxfp4") else "affine"
        bits = int(scheme[6:]) if scheme.startswith("affine") else 4
        model, config = quantize_model(model, config, group, bits, mode=mode, quant_predicate=predicate)
        folder = scratch / f"{name}-{scheme}-theirs"
        save_model(folder, model)
        save_config(config, folder / "config.json")
        return folder

    def compare(source, name, scheme, ids, group):
        ours = scratch / f"{name}-{scheme}"
        options = ["--block-size", group] if scheme.startswith(("affine", "mixed")) else []
        done = subprocess.run(
            [str(w) for w in (halftone, "quantize", source, "-o", ours, "--to", "mlx", "--scheme", scheme,
                              *options)], capture_output=True, text=True)
        if done.returncode:
            demand("mlx does not work for the family" in done.stderr, f"{name} {scheme}: {done.stderr}")
            record("mlx", name, scheme, "refused", PEER)
            return "refused"
        error = their_logits(ours, ids) - (mine := our_logits(ours, ids))
        error = float(np.linalg.norm(error) / np.linalg.norm(mine))
        limit = EMBEDDING_IN_BF16.get((name, scheme), OTHER_GELU.get(name, RELATIVE_ERROR))
        demand(error <= limit, f"{name} {scheme}: logits differ by {error:.2e}")
        text = f"{error:.1e}"
        if scheme.startswith(("affine", "mixed", "mxfp4-mlx")) and name not in NOT_CONVERTED:
            theirs = their_conversion(source, scheme, group if scheme != "mxfp4-mlx" else 32, name)
            restored, back = scratch / "restored", scratch / "back"
            run(halftone, "dequantize", theirs, "-o", restored, "--dtype", "f32", "--overwrite")
            text += compare_restored(theirs, restored)
            if name != "deepseek-v3":  # It has modules there that are two in mlx-lm and one in a checkpoint.
                demand(same(arrays(ours), arrays(theirs)), f"{name} {scheme}: other arrays than mlx-lm's")
                text += ", arrays equal"
                run(halftone, "export", theirs, "--to", "tone", "-o", scratch / "x.tone", "--overwrite")
                run(halftone, "export", scratch / "x.tone", "--to", "mlx", "-o", back, "--overwrite")
                demand(same(arrays(theirs), arrays(back)), f"{name} {scheme}: .tone and back changes arrays")
                text += ", .tone and back equal"
        record("mlx", name, scheme, "pass", PEER, "logits, arrays, strict loading", text)
        print(f"ok {name} {scheme}: {text}", file=sys.stderr)
        return text

    def compare_restored(theirs, restored):
        """What Halftone makes of mlx-lm's arrays, against codes times scale plus bias in float32."""
        stored, weights = arrays(theirs), arrays(restored)
        settings = json.loads((theirs / "config.json").read_text())["quantization"]
        checked = 0
        for key in stored:
            path = key.removesuffix(".scales")
            if path == key or f"{path}.weight" not in weights:
                continue
            setting = settings.get(path, settings)
            biases = stored.get(f"{path}.biases")
            expected = mx.dequantize(
                stored[f"{path}.weight"],
                stored[key] if biases is None else stored[key].astype(mx.float32),
                biases if biases is None else biases.astype(mx.float32), setting["group_size"],
                setting["bits"], mode=setting.get("mode", "affine"))
            found = weights[f"{path}.weight"]
            demand(mx.allclose(expected.astype(mx.float32), found, rtol=1e-6, atol=0),
                   f"{theirs.name}: {path} is restored otherwise")
            checked += 1
        # Where names are others than a checkpoint's only the way back tells.
        return f", {checked} modules of mlx-lm's read alike" if checked else ""

    compare_arrays()
    ids = json.loads(run(halftone, "tokenize", MODEL, "--text", TEXT, "--json"))["ids"][:TOKENS]
    rows = [(scheme, compare(MODEL, "ref-llama", scheme, ids, 64)) for scheme in limited(TRAINED)]
    table = []
    by_family = limited(BY_FAMILY)
    for family in limited(sorted(f for f in FAMILIES.iterdir() if f.is_dir()), "llama"):
        golden = mx.load(str(family / "golden.safetensors"))
        ids = golden["input_ids"].flatten().tolist()[:FAMILY_TOKENS]
        table.append([family.name] + [compare(family, family.name, s, ids, 32) for s in by_family])
    print(f"{PEER}; {TOKENS} tokens of examples/ref-llama\n\n| scheme | found |\n| --- | --- |")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print("\n| family | " + " | ".join(by_family) + " |\n|" + " --- |" * (1 + len(by_family)))
    for row in table:
        print("| " + " | ".join(row) + " |")


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
            python = python or interpreter(chosen.venv or name, "mlx")
        except NotInstalled as error:
            print(f"SKIPPED: MLX can't be installed: {error}")
            record("mlx", "ref-llama", "affine4", "skip", PEER, detail=str(error)[:300])
            return 0
        return subprocess.run([python, __file__, "--inside", "--halftone", halftone]).returncode


if __name__ == "__main__":
    sys.exit(main())
