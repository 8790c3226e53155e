# SPDX-License-Identifier: Apache-2.0
"""What the interop scripts share: running a command, and an environment in which the peer is installed."""

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from record import record

REPOSITORY = Path(__file__).resolve().parents[2]


def run(*words):
    """What a command prints; ends the script where it fails."""
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))}\nexit {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def interpreter(folder, pinned):
    """Python of a virtual environment with the pinned packages, made if it is not there."""
    python = folder / "bin/python"
    stamp = folder / "pinned.json"
    if not stamp.exists() or json.loads(stamp.read_text()) != pinned:
        venv.create(folder, with_pip=True)
        run(python, "-m", "pip", "install", "--quiet", *pinned)
        stamp.write_text(json.dumps(pinned))
    return python


def main(script, document, pinned, check, runtime, peer):
    """Calls `check(halftone, scratch)` in an interpreter that has the packages.

    `runtime` and `peer` name what is skipped, aloud, where they can't be installed.
    """
    parser = argparse.ArgumentParser(description=document, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--venv", type=Path)
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
                python = interpreter(options.venv or Path(scratch) / "venv", pinned)
            except SystemExit as error:
                print(f"SKIPPED {runtime}: it can't be installed: {error}")
                record(runtime, "", "", "skip", peer, detail="can't be installed")
                return
        code = subprocess.run([str(python), script, "--inside", "--halftone", str(options.halftone.resolve())]).returncode
        sys.exit(code)
