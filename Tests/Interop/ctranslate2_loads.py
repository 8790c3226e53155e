#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""CTranslate2 loads what Halftone writes for it, and Halftone reads what CTranslate2's converter writes.

    ctranslate2_loads.py [--venv FOLDER | --python FILE] [--halftone FILE] [CASE...]

Cases are the trained checkpoint in examples/ with every type, every family of Tests/Fixtures/families and
the options of Tests/Fixtures/variants (with a made-up tokenizer beside them, since CTranslate2 wants the strings
of all tokens), and LLaMA's and Phi-3's ways to stretch positions. For each:

- the logits of `ctranslate2.Generator` on the CPU in float32 agree with `halftone logits` on the checkpoint;
  of 8-bit models, whose weights it restores for that, with `halftone logits` on the written folder;
- `halftone report` finds the written folder's tensors equal to the checkpoint's, whatever their order there;
- where CTranslate2's own converter works, its variables are ours, byte for byte, except those that are named
  here with a reason; and Halftone reads its folder and computes what CTranslate2 computes with it;
- 8-bit codes go to `.tone` and back without a changed byte.

Families that CTranslate2 does not have must be refused by name. Prints a table. Packages are installed, in pinned
versions, into a virtual environment in --venv (kept, and used again) or in a temporary folder; --python names an
interpreter that has them. Exit 0 if everything holds, 1 if something does not.
"""

import argparse
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from environment import NotInstalled, interpreter, limited
from record import record

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
FIXTURES = REPOSITORY / "Tests/Fixtures"
MODEL = REPOSITORY / "examples/ref-llama"
TEXT = REPOSITORY / "examples/eval.txt"
PEER = "ctranslate2 4.8.5"
TYPES = ["int8", "int8_float32", "int8_float16", "int8_bfloat16", "float16", "bfloat16", "float32"]
TOKENS = 96

# Both sides compute in float32 on the same weights and differ in the order of their sums.
RELATIVE_ERROR = 1e-5
# Activations are rounded to 8 bits by CTranslate2's own arithmetic.
OWN_ARITHMETIC = 0.1
# CTranslate2 has no cap on attention scores; what leaving out Gemma 2's does to these logits.
CAP_ERROR = 1e-2

REFUSED = {"deepseek-v3", "gpt-oss", "mixtral", "olmo2", "qwen3-moe", "deepseek-v3-direct-queries",
           "qwen3-moe-every-other-layer", "mpt-6-heads", "mpt-qk-ln", "opt-without-affine-norms",
           "stablelm-parallel"}
# Halftone counts Falcon's linear biases twice, as Transformers' eager attention does; CTranslate2 does once.
TWICE = {"falcon-rw", "falcon-alibi-6-heads"}
# Families that CTranslate2 4.8.5 runs and whose loaders it lacks, or whose loaders fail with Transformers 5.
FAILING = {"gpt_neox", "phi", "phi3", "mpt", "stablelm", "starcoder2", "falcon"}
# The converter leaves out biases, and takes one key and value head for Falcon's groups.
MISTAKEN = {"gemma-odd-scale", "falcon-grouped-one-norm"}
# More checkpoints: the folder, what config.json says otherwise.
ALTERED = {
    "llama-linear": ("families/llama", {"rope_scaling": {"rope_type": "linear", "factor": 4.0}}),
    "llama3.1": ("families/llama", {"rope_scaling": {
        "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 64}}),
    "phi3-long": ("families/phi3", {
        "original_max_position_embeddings": 4096, "max_position_embeddings": 32768, "rope_scaling": {
            "rope_type": "longrope", "short_factor": [1.0 + i / 8 for i in range(8)],
            "long_factor": [2.0 + i for i in range(8)]}}),
    "gemma2-without-cap": ("families/gemma2", {"attn_logit_softcapping": None}),
    "gemma3-stretched": ("families/gemma3", {"rope_parameters": {
        "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6},
        "sliding_attention": {"rope_type": "default", "rope_theta": 1e4}}}),
    "gpt2-scaled-by-layer": ("families/gpt2", {"scale_attn_by_inverse_layer_idx": True}),
    "mpt-scaled": ("families/mpt", {"attn_config": {"alibi": True, "softmax_scale": 0.125}}),
    "bloom-tied-not": ("families/bloom", {}),
}
# What ours has and the converter's has not: a head's size, the epsilon of LayerNorm (in config.json), windows and
# scores that it forgets, and the two numbers without which LLaMA 3.1's stretch does nothing.
OURS_ALONE = ("head_dim", "queries_scale", "final_logit_softcapping", "sliding_window", "rotary_scaling_factor",
              "rotary_scaling_type", "original_max_position_embeddings", "max_position_embeddings", "num_heads_kv",
              "multiply_by_sqrt_depth")
# The converter's window of the whole decoder, by which the runtime would cut prompts for Gemma 3's other layers too.
# It also says the number of keys and values where each head has its own, for Falcon.
THEIRS_ALONE = ("decoder/sliding_window", "num_heads_kv")
# Says how linear biases are counted, also where there are none.
WITHOUT_EFFECT = ("scale_alibi", "alibi_use_positive_positions")


def run(*words):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, words))}\nexit {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def parsed(path):
    """The variables of a model.bin, name → (shape, type, bytes), with aliases put in."""
    data, at = Path(path).read_bytes(), 0

    def take(form):
        nonlocal at
        values = struct.unpack_from("<" + form, data, at)
        at += struct.calcsize("<" + form)
        return values[0] if len(values) == 1 else values

    def text():
        nonlocal at
        length = take("H")
        value = data[at:at + length - 1].decode()
        at += length
        return value

    assert take("I") == 6 and text() == "TransformerDecoderSpec" and take("I") == 8
    variables = {}
    for _ in range(take("I")):
        name = text()
        shape = [take("I") for _ in range(take("B"))]
        kind, size = take("B"), take("I")
        variables[name] = (tuple(shape), kind, data[at:at + size])
        at += size
    for _ in range(take("I")):
        alias, target = text(), text()
        for suffix in ("", "_scale"):
            if target + suffix in variables:
                variables[alias + suffix] = variables[target + suffix]
    assert at == len(data)
    return variables


class Check:
    """One case after the other, with everything that they need."""

    def __init__(self, halftone, scratch):
        import ctranslate2
        import torch
        import transformers
        from safetensors.torch import load_file

        ctranslate2.set_log_level(40)
        transformers.utils.logging.disable_progress_bar()
        transformers.utils.logging.set_verbosity_error()
        self.ct2, self.torch, self.transformers, self.load_file = ctranslate2, torch, transformers, load_file
        self.halftone, self.scratch = halftone, scratch
        self.rows, self.failed = [], False

    def checkpoint(self, name, folder, changes):
        """A copy with a tokenizer whose tokens are called t0, t1, …"""
        target = self.scratch / name / "checkpoint"
        target.mkdir(parents=True)
        config = json.loads((folder / "config.json").read_text())
        config.update(changes)
        (target / "config.json").write_text(json.dumps(config))
        shutil.copy(folder / "model.safetensors", target)
        vocabulary = {f"t{i}": i for i in range(config["vocab_size"])}
        (target / "tokenizer.json").write_text(json.dumps({
            "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
            "pre_tokenizer": None, "post_processor": None, "decoder": None,
            "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "t0"}}))
        (target / "tokenizer_config.json").write_text(json.dumps({
            "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "t1", "eos_token": "t2", "unk_token": "t0",
            "pad_token": "t3"}))
        return target, config

    def ours(self, model, ids):
        target = self.scratch / "logits.safetensors"
        run(self.halftone, "logits", model, "--tokens", ",".join(map(str, ids)), "-o", target, "--overwrite")
        return self.load_file(target)["logits"]

    def theirs(self, folder, ids, compute="float32"):
        tokens = json.loads((folder / "vocabulary.json").read_text())
        generator = self.ct2.Generator(str(folder), device="cpu", compute_type=compute)
        logits = generator.forward_batch([[tokens[i] for i in ids]])
        return self.torch.from_numpy(__import__("numpy").array(logits))[0]

    def write(self, model, kind, folder):
        run(self.halftone, "quantize", model, "-o", folder, "--to", "ctranslate2", "--scheme", kind)
        return folder

    def convert(self, model, kind, folder):
        """The folder of CTranslate2's own converter, or None and why not."""
        try:
            converter = self.ct2.converters.TransformersConverter(str(model), copy_files=["tokenizer.json"])
            converter.convert(str(folder), quantization=kind)
            return folder, ""
        except Exception as error:  # whatever its loaders stumble over
            return None, f"{type(error).__name__}: {error}".splitlines()[0][:90]

    def error(self, found, expected):
        return ((found - expected).norm() / expected.norm()).item()

    def demand(self, name, true, text):
        if not true:
            raise AssertionError(f"{name}: {text}")

    def same(self, name, ours, theirs):
        """Compares variables; returns what is in one only."""
        mine, other = parsed(ours / "model.bin"), parsed(theirs / "model.bin")
        alone = sorted(n.split("/")[-1] for n in mine.keys() - other.keys())
        for n in mine.keys() - other.keys():
            self.demand(name, n.endswith(OURS_ALONE), f"the converter has no {n}")
        for n in other.keys() - mine.keys():
            self.demand(name, n.endswith(THEIRS_ALONE), f"we have no {n}")
        linear = mine["decoder/alibi"][2] != b"\0"
        for n in mine.keys() & other.keys():
            if n.endswith(WITHOUT_EFFECT) and not linear:
                continue
            self.demand(name, mine[n] == other[n], f"{n} differs: {mine[n][:2]} {other[n][:2]}")
        return sorted(set(alone))

    def family(self, name, folder, changes):
        model, config = self.checkpoint(name, folder, changes)
        written = self.scratch / name / "written"
        done = subprocess.run(
            [str(self.halftone), "quantize", str(model), "-o", str(written), "--to", "ctranslate2", "--scheme",
             "float32"], capture_output=True, text=True)
        if name in REFUSED:
            self.demand(name, done.returncode == 1 and "ctranslate2 does not work for the family" in done.stderr,
                        f"is not refused: {done.stderr}")
            self.demand(name, not written.exists(), "something was written")
            return ["refused", "", "", ""]
        self.demand(name, done.returncode == 0, done.stderr)
        window = config.get("sliding_window") if config.get("use_sliding_window", True) else None
        ids = json.loads((FIXTURES / "variants/cases.json").read_text())["tokens"][:window or 48]
        ids = [i % config["vocab_size"] for i in ids]
        reference = self.ours(model, ids)
        if name in TWICE:
            # The same with the bias once: CTranslate2 has no table of them, so there is nothing to scale.
            reference = self.once(model, ids)
        error = self.error(self.theirs(written, ids), reference)
        capped = name == "gemma2"
        limit = CAP_ERROR if capped else 5e-3 if name in TWICE else RELATIVE_ERROR
        self.demand(name, error <= limit, f"logits differ by {error:.2e}")
        # Read back: every tensor is the checkpoint's.
        report = json.loads(run(self.halftone, "report", model, written, "--json"))
        changed = [t["name"] for t in report["tensors"] if t.get("max_absolute_error")]
        self.demand(name, set(changed) <= {"model.decoder.embed_positions.weight"}, f"changed: {changed}")
        back = self.error(self.ours(written, ids), self.ours(model, ids))
        self.demand(name, back <= (CAP_ERROR if capped else 1e-6), f"read back, logits differ by {back:.2e}")
        row = [f"{error:.1e}"]
        # 8 bits: codes equal the converter's, and survive `.tone`.
        eight = self.write(model, "int8", self.scratch / name / "int8")
        own = self.theirs(eight, ids)
        exact = self.error(own, self.ours(eight, ids) if name not in TWICE else own)
        self.demand(name, exact <= (CAP_ERROR if capped else RELATIVE_ERROR), f"int8 logits differ by {exact:.2e}")
        row.append(f"{exact:.1e}")
        if config["model_type"] != "gpt2":  # its codes stand transposed
            tone, again = self.scratch / name / "int8.tone", self.scratch / name / "again"
            run(self.halftone, "export", eight, "--to", "tone", "-o", tone)
            run(self.halftone, "export", tone, "--to", "ctranslate2", "-o", again)
            self.demand(name, (eight / "model.bin").read_bytes() == (again / "model.bin").read_bytes(),
                        ".tone and back changes model.bin")
        notes = set()
        for kind, mine in (("float32", written), ("int8", eight)):
            other, problem = self.convert(model, kind, self.scratch / name / f"converted-{kind}")
            if other is None:
                self.demand(name, config["model_type"] in FAILING, f"the converter fails: {problem}")
                return row + [f"fails: {problem}", ""]
            if name in MISTAKEN:
                return row + ["the converter's are wrong", ""]
            notes.update(self.same(f"{name} {kind}", mine, other))
            if name in TWICE:
                read = 0
                continue
            read = self.error(self.theirs(other, ids), self.ours(other, ids))
            self.demand(name, read <= RELATIVE_ERROR, f"the converter's {kind}, read by us: {read:.2e}")
        return row + ["equal" + (f", ours adds {', '.join(sorted(notes))}" if notes else ""), f"{read:.1e}"]

    def once(self, model, ids):
        model = self.transformers.AutoModelForCausalLM.from_pretrained(
            model, dtype=self.torch.float32, attn_implementation="sdpa").eval()
        with self.torch.inference_mode():
            return model(self.torch.tensor([ids])).logits[0]

    def trained(self, kind):
        ids = json.loads(run(self.halftone, "tokenize", MODEL, "--text", TEXT, "--json"))["ids"][:TOKENS]
        written = self.write(MODEL, kind, self.scratch / f"trained-{kind}")
        ours = self.ours(written, ids)
        restored, own = self.error(self.theirs(written, ids), ours), self.error(
            self.theirs(written, ids, "default"), ours)
        self.demand(kind, restored <= RELATIVE_ERROR, f"logits differ by {restored:.2e}")
        self.demand(kind, own <= OWN_ARITHMETIC, f"logits by its own arithmetic differ by {own:.2e}")
        generator = self.ct2.Generator(str(written), device="cpu", compute_type="float32")
        tokens = json.loads((written / "vocabulary.json").read_text())
        text = generator.generate_batch([[tokens[i] for i in ids[:32]]], max_length=8, sampling_topk=1)
        self.demand(kind, len(text[0].sequences_ids[0]) > 0, "generates nothing")
        other, problem = self.convert(MODEL, kind, self.scratch / f"trained-{kind}-converted")
        self.demand(kind, other is not None, problem)
        alone = self.same(kind, written, other)
        for file in ("vocabulary.json",):
            mine, theirs = (json.loads((folder / file).read_text()) for folder in (written, other))
            self.demand(kind, mine == theirs, f"{file} differs")
        mine, theirs = (json.loads((folder / "config.json").read_text()) for folder in (written, other))
        for key in ("bos_token", "eos_token", "unk_token", "layer_norm_epsilon"):
            self.demand(kind, mine[key] == theirs[key], f"config.json: {key}")
        read = self.error(self.theirs(other, ids), self.ours(other, ids))
        self.demand(kind, read <= RELATIVE_ERROR, f"the converter's, read by us: {read:.2e}")
        return [f"{restored:.1e}, {own:.1e} by its own arithmetic", "", "equal" + (
            f", ours adds {', '.join(alone)}" if alone else ""), f"{read:.1e}"]

    def case(self, name, scheme, work, compared):
        try:
            row = work()
            result, detail = ("refused", "") if row[0] == "refused" else ("pass", "; ".join(filter(None, row)))
        except Exception as error:
            row, result, detail = [f"**{error}**", "", "", ""], "fail", str(error)
            self.failed = True
        print(f"{result} {name} {scheme}: {detail}", file=sys.stderr)
        record("ctranslate2", name, scheme, result, peer=PEER, compared=compared, detail=detail)
        self.rows.append([name, scheme] + row)


def check(halftone, scratch, chosen):
    os.environ["TRANSFORMERS_OFFLINE"] = "1"
    cases = Check(halftone, scratch)
    compared = "logits; variables of its own converter; tensors read back"
    for kind in limited(TYPES):
        if not chosen or "ref-llama" in chosen:
            cases.case("ref-llama", kind, lambda kind=kind: cases.trained(kind), compared)
    folders = {d.name: (d, {}) for part in ("families", "variants") for d in sorted((FIXTURES / part).iterdir())
               if (d / "model.safetensors").exists()}
    folders.update({name: (FIXTURES / part, changes) for name, (part, changes) in ALTERED.items()})
    for name in limited(folders, "llama"):
        folder, changes = folders[name]
        if not chosen or name in chosen:
            cases.case(name, "float32, int8",
                       lambda name=name, folder=folder, changes=changes: cases.family(name, folder, changes), compared)
    print(f"CTranslate2 {cases.ct2.__version__}, Transformers {cases.transformers.__version__}, on the CPU\n")
    print("| model | type | logits | logits of 8 bits | variables of its own converter | its folder, read by us |")
    print("| --- | --- | --- | --- | --- | --- |")
    for row in cases.rows:
        print("| " + " | ".join(row) + " |")
    return 1 if cases.failed else 0


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--halftone", type=Path, default=REPOSITORY / ".build/release/halftone")
    parser.add_argument("--venv", type=Path, help="keep environments in this folder")
    parser.add_argument("--python", type=Path, help="an interpreter that has the packages")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("cases", nargs="*", help="only these: ref-llama, or names of folders")
    chosen = parser.parse_args()
    halftone = chosen.halftone.resolve()
    if not halftone.exists():
        sys.exit(f"{halftone} does not exist: swift build -c release, or name it with --halftone")
    with tempfile.TemporaryDirectory() as name:
        if chosen.inside:
            return check(halftone, Path(name), chosen.cases)
        # absolute, not resolve: a virtual environment's interpreter is known by its own path.
        python = chosen.python.absolute() if chosen.python else None
        try:
            python = python or interpreter(chosen.venv or name, "transformers5")
        except NotInstalled as error:
            print(f"SKIPPED: CTranslate2 can't be installed: {error}")
            return record("ctranslate2", "ref-llama", "", "skip", PEER, detail=str(error)[:300])
        return subprocess.run(
            [python, __file__, "--inside", "--halftone", halftone, *chosen.cases]).returncode


if __name__ == "__main__":
    sys.exit(main())
