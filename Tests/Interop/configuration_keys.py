#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares halftone with Transformers on the family fixtures, with each key of config.json removed, set to
null, and (where it is true or false) flipped: absent keys must mean what the reference says.

    configuration_keys.py path/to/halftone [family...]

Prints every case in which both give logits that differ, or halftone gives none where the reference does;
counts those in which only halftone gives some (the reference's configuration classes refuse null for most
keys). Needs transformers (5.23.0 was used) and torch (CPU).
"""

import copy
import json
import logging
import pathlib
import shutil
import subprocess
import sys
import tempfile

import torch
import transformers
from safetensors.torch import load_file

TOLERANCE = 1e-5
FAMILIES = pathlib.Path(__file__).parent.parent / "Fixtures" / "families"
# Keys of which every program must know the meaning before it reads the others.
STRUCTURAL = {"model_type", "architectures"}


def mutations(config):
    yield "as it is", config
    for key, value in config.items():
        if key in STRUCTURAL:
            continue
        absent = copy.deepcopy(config)
        del absent[key]
        yield f"without {key}", absent
        if value is not None:
            yield f"{key} = null", config | {key: None}
        if isinstance(value, bool):
            yield f"{key} = {not value}".lower(), config | {key: not value}


def reference(folder, tokens):
    """Logits, or why there are none."""
    try:
        model, report = transformers.AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
        if any(report[kind] for kind in ("missing_keys", "unexpected_keys", "mismatched_keys")):
            return "tensors don't fit"
        with torch.no_grad():
            return model.eval()(tokens[None], use_cache=False).logits[0].double()
    except Exception as error:  # Whatever it is, the reference has no answer.
        return f"{type(error).__name__}: {error}".splitlines()[0]


def ours(program, folder, tokens):
    output = folder / "logits.safetensors"
    output.unlink(missing_ok=True)
    run = subprocess.run(
        [program, "logits", folder, "--tokens", ",".join(map(str, tokens.tolist())), "-o", output],
        capture_output=True, text=True)
    return load_file(output)["logits"].double() if run.returncode == 0 else run.stderr.strip()


def main():
    torch.set_num_threads(1)
    transformers.logging.set_verbosity(logging.CRITICAL)
    transformers.logging.disable_progress_bar()
    program, families = sys.argv[1], sys.argv[2:]
    count = alone = differences = 0
    for path in sorted(FAMILIES.iterdir()):
        if not path.is_dir() or (families and path.name not in families):
            continue
        tokens = load_file(path / "golden.safetensors")["input_ids"].long()
        for name, config in mutations(json.loads((path / "config.json").read_text())):
            with tempfile.TemporaryDirectory() as folder:
                folder = pathlib.Path(folder)
                (folder / "config.json").write_text(json.dumps(config))
                shutil.copy(path / "model.safetensors", folder)
                theirs, mine = reference(folder, tokens), ours(program, folder, tokens)
            count += 1
            if isinstance(theirs, str):
                alone += not isinstance(mine, str)
                continue
            if isinstance(mine, str):
                verdict = f"halftone: {mine}"
            else:
                error = float((mine - theirs).norm() / theirs.norm())
                if error < TOLERANCE:
                    continue
                verdict = f"logits differ by {error:.1e}"
            differences += 1
            print(f"{path.name}, {name}: {verdict}", flush=True)
    print(f"{count} cases, {differences} differences, {alone} that only halftone runs")


main()
