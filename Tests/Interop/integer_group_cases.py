# SPDX-License-Identifier: Apache-2.0
"""What the scripts for compressed-tensors, GPTQ and AWQ have in common: quantize, load, compare.

For the trained checkpoint in examples/ and every family of Tests/Fixtures/families, and every scheme of the
runtime: Halftone refuses the family by name, or Transformers loads the folder with no parameter missing or left
over, has as many quantized layers as Halftone says, restores from the files the weights that `halftone
dequantize` restores, bit for bit, and computes the logits of `halftone logits` within LOGITS of the runtime's
own arithmetic.
"""

import json
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
# Families whose own checkpoint a version of Transformers computes otherwise are no measure.
PLAIN = 1e-4
# Restored to bf16, experts compute with weights that differ by 2^-9 and less, so that of two experts that weigh
# almost the same another one may be taken.
BF16_EXPERTS = 0.1


def run(*words):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, words))}: exit {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


class Runtime:
    """One runtime's part; the scripts derive from it."""

    name = ""
    # scheme as reported, options of `halftone quantize`
    schemes = []
    # Schemes that are not tried with the families.
    trained_only = ()
    # The relative error of logits that the runtime's own arithmetic explains.
    logits = 0
    # What the runtime says where its kernel for CPUs lacks a group size that others have.
    missing_kernel = None

    def peer(self):
        """What loads the files, with its version."""

    def is_quantized(self, module):
        """Whether a module of the loaded model is a quantized layer."""

    def restored(self, folder, arrays):
        """The weights of the quantized layers as the runtime restores them, by name."""

    def theirs(self, halftone, scratch, say):
        """Whatever else there is to compare for the trained model."""


def check(runtime, halftone, scratch):
    """Runs with the peers at hand; returns whether everything holds."""
    os.environ["TRANSFORMERS_OFFLINE"] = "1"
    import torch
    import transformers
    from safetensors.torch import load_file

    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    holds = True

    def say(family, scheme, result, detail=""):
        nonlocal holds
        holds = holds and result != "fail"
        print(f"{result:8}{runtime.name} {family} {scheme} {detail}", flush=True)
        record(runtime.name, family, scheme, result, runtime.peer(),
               "weights bit for bit; logits", detail)

    def load(folder):
        return transformers.AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, device_map="cpu", attn_implementation="eager",
            output_loading_info=True)

    def logits(model, ids):
        with torch.inference_mode():
            return model.eval()(torch.tensor([ids])).logits[0].float()

    def difference(a, b):
        return ((a - b).norm() / b.norm()).item()

    def arrays(folder):
        found = {}
        for file in sorted(Path(folder).glob("*.safetensors")):
            found.update(load_file(file))
        return found

    def compare(source, scheme, options, ids):
        output = scratch / f"{source.name}-{scheme}"
        done = subprocess.run(
            [halftone, "quantize", source, "-o", output, "--to", runtime.name, "--json", *options],
            capture_output=True, text=True)
        if done.returncode:
            refused = f"{runtime.name} does not work for the family" in done.stderr
            return ("refused", "") if refused else ("fail", done.stderr.strip())
        layers = json.loads(done.stdout)["quantized_tensors"]
        kept = [name for name in arrays(output) if ".experts." in name and name.endswith(".weight")]
        partly = kept and any(".experts." in name for name in runtime.restored(output, arrays(output)))
        if partly:
            return "skip", "experts whose rows are no whole groups are kept, and it takes all or none"
        model, about = load(output)
        own = set(model._tied_weights_keys or [])
        wrong = [k for kind in ("missing_keys", "unexpected_keys", "mismatched_keys")
                 for k in about[kind] if k not in own]
        if wrong:
            return "fail", f"missing or left over: {sorted(map(str, wrong))[:4]}"
        # Experts are stacked and restored to bf16 when they are loaded, and are no layers any more.
        experts = sum(".experts." in name for name in runtime.restored(output, arrays(output)))
        found = sum(map(runtime.is_quantized, model.modules()))
        if found != layers - experts:
            return "fail", f"{found} quantized layers, not {layers - experts}"
        plain = scratch / "plain"
        run(halftone, "dequantize", output, "-o", plain, "--dtype", "f32", "--overwrite")
        ours, theirs = arrays(plain), runtime.restored(output, arrays(output))
        if len(theirs) != layers:
            return "fail", f"{len(theirs)} weights restored, not {layers}"
        for name, weight in theirs.items():
            if not torch.equal(ours[name].to(weight.dtype), weight):
                return "fail", f"{name} is restored otherwise"
        target = scratch / "logits.safetensors"
        run(halftone, "logits", output, "--tokens", ",".join(map(str, ids)), "-o", target,
            "--overwrite")
        try:
            theirs = logits(model, ids)
        except RuntimeError as error:
            if runtime.missing_kernel and runtime.missing_kernel in str(error):
                return "pass", f"{layers} layers, weights only: its CPU kernel has no such groups"
            raise
        error = difference(theirs, load_file(target)["logits"])
        detail = f"{layers} layers, logits {error:.1e}"
        limit = BF16_EXPERTS if experts else runtime.logits
        return ("pass" if error <= limit else "fail"), detail

    ids = json.loads(run(halftone, "tokenize", MODEL, "--text", TEXT, "--json"))["ids"][:TOKENS]
    for scheme, options in limited(runtime.schemes):
        say("ref-llama", scheme, *compare(MODEL, scheme, options, ids))
    runtime.theirs(halftone, scratch, say)
    for family in limited(sorted(f for f in FAMILIES.iterdir() if f.is_dir()), "llama"):
        golden = load_file(family / "golden.safetensors")
        here = golden["input_ids"].flatten().tolist()
        try:
            plain = difference(logits(load(family)[0], here), golden["logits"])
        except Exception as error:
            plain = str(error)
        for scheme, options in limited(runtime.schemes):
            if scheme in runtime.trained_only:
                continue
            try:
                # The layers of these checkpoints are small.
                small = [] if "--block-size" in options else ["--block-size", "32"]
                result = compare(family, scheme, options + small, here)
            except Exception as error:
                result = "fail", f"{type(error).__name__}: {str(error).splitlines()[0][:300]}"
            if result[0] == "fail" and not (isinstance(plain, float) and plain < PLAIN):
                result = "skip", f"this Transformers computes the checkpoint itself otherwise: {plain}"
            say(family.name, scheme, *result)
    return holds


def main(runtime, document, environment, script):
    import argparse

    parser = argparse.ArgumentParser(
        description=document, formatter_class=argparse.RawDescriptionHelpFormatter)
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
            sys.exit(0 if check(runtime, halftone, Path(name)) else 1)
        # absolute, not resolve: a virtual environment's interpreter is known by its own path.
        python = chosen.python.absolute() if chosen.python else None
        if python is None:
            try:
                python = interpreter(chosen.venv or name, environment)
            except NotInstalled as error:
                print(f"SKIPPED: {runtime.name}: its peer can't be had: {error}")
                record(runtime.name, "ref-llama", "", "skip", detail=str(error)[:300])
                return
        sys.exit(subprocess.run([python, script, "--inside", "--halftone", halftone]).returncode)
