#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Models that Halftone writes by a mix are tensor by tensor those of llama-quantize: types and bytes.

    llama_quantize.py [--tools FOLDER] [--halftone FILE] [--families FOLDER] [--venv FOLDER]

FOLDER of --tools has llama-quantize, built for x86-64 (Benchmarks/peers/build-llama-cpp.sh, or
HALFTONE_LLAMA_CPP); without it all is skipped. For the trained checkpoint in `examples/` and for each
family in --families (default: Tests/Fixtures/families), Halftone writes a file of the checkpoint's own
precision, from which llama-quantize makes the mix, and the mix itself. A family that Halftone refuses for
GGUF is recorded as refused. --venv is a virtual environment for gguf and numpy, made if it is not there.

Exit 0 if all agree, 1 if some differ.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from record import record

REPOSITORY = Path(__file__).resolve().parents[2]
MODEL = REPOSITORY / "examples/ref-llama"
MIXES = """q8_0 q6_k q5_k_m q5_k_s q5_1 q5_0 q4_k_m q4_k_s q4_1 q4_0 iq4_nl iq4_xs mxfp4_moe q3_k_l q3_k_m q3_k_s
    q2_k f16""".split()
PACKAGES = ["gguf==0.19.0", "numpy"]
COMPARED = "types and bytes of every tensor"


def with_packages(venv):
    """Starts this script again in a virtual environment that has the packages."""
    python = venv / "bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    if Path(sys.prefix).resolve() != venv.resolve():
        os.execv(python, [str(python), *sys.argv])


def run(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True)


def difference(ours, theirs):
    """The first tensor that differs, or None."""
    import gguf
    import numpy as np

    ours, theirs = ({t.name: t for t in gguf.GGUFReader(path).tensors} for path in (ours, theirs))
    if set(ours) != set(theirs):
        return f"tensors {sorted(set(ours) ^ set(theirs))}"
    for name, tensor in ours.items():
        other = theirs[name]
        if tensor.tensor_type != other.tensor_type:
            return f"{name}: {tensor.tensor_type.name}, not {other.tensor_type.name}"
        if not np.array_equal(tensor.data.view(np.uint8), other.data.view(np.uint8)):
            return f"{name}: other bytes"
    return None


def with_tokenizer(checkpoint, folder):
    """The checkpoint with a tokenizer, whatever it is: it changes no weight."""
    if (checkpoint / "tokenizer.json").exists():
        return checkpoint
    copy = folder / checkpoint.name
    if not copy.exists():
        shutil.copytree(checkpoint, copy)
        for name in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copy(MODEL / name, copy)
    return copy


def compare(checkpoint, arguments, folder):
    """Compares every mix of a model; returns how many differ."""
    family = "llama, trained" if checkpoint == MODEL else checkpoint.name
    source = folder / "source.gguf"
    checkpoint = with_tokenizer(checkpoint, folder)
    made = run(arguments.halftone, "quantize", checkpoint, "--to", "gguf", "--scheme",
               arguments.source_type, "-o", source, "--overwrite")
    if made.returncode != 0:
        detail = made.stderr.strip()
        print(f"{family}: refused: {detail}")
        record("gguf", family, "all", "refused", detail=detail)
        return 0
    failures = 0
    for mix in MIXES:
        ours, theirs = folder / "ours.gguf", folder / "theirs.gguf"
        made = run(arguments.halftone, "quantize", checkpoint, "--to", "gguf", "--scheme", mix,
                   "-o", ours, "--overwrite")
        peer = run(arguments.tools / "llama-quantize", source, theirs, mix, "2")
        if made.returncode == 0 and peer.returncode == 0:
            detail = difference(ours, theirs)
        elif peer.returncode != 0 and made.returncode != 0:
            detail = None
        else:
            detail = made.stderr.strip() or "llama-quantize refuses: " + peer.stdout[-300:]
        failures += detail is not None
        record("gguf", family, mix, "fail" if detail else "pass", peer="llama-quantize",
               compared=COMPARED, detail=detail or "")
        if detail:
            print(f"{family} {mix}: {detail}")
    print(f"{family}: {len(MIXES)} mixes, {failures} differ", flush=True)
    return failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tools", type=Path, default=os.environ.get("HALFTONE_LLAMA_CPP"))
    parser.add_argument("--halftone", default=REPOSITORY / ".build/release/halftone")
    parser.add_argument("--families", type=Path, default=REPOSITORY / "Tests/Fixtures/families")
    parser.add_argument("--source-type", default="f32", choices=["f32", "f16", "bf16"])
    parser.add_argument("--venv", type=Path)
    arguments = parser.parse_args()
    if arguments.tools is None or not (arguments.tools / "llama-quantize").exists():
        print("skipped: there is no llama-quantize; name its folder with --tools or HALFTONE_LLAMA_CPP")
        record("gguf", "all", "all", "skip", peer="llama-quantize", detail="not built")
        return
    if arguments.venv:
        with_packages(arguments.venv)
    families = sorted(path.parent for path in arguments.families.glob("*/config.json"))
    with tempfile.TemporaryDirectory() as folder:
        failures = sum(compare(path, arguments, Path(folder)) for path in [MODEL, *families])
    sys.exit(failures != 0)


if __name__ == "__main__":
    main()
