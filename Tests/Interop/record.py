# SPDX-License-Identifier: Apache-2.0
"""Keeps what an interop script found, for the table in formats/README.md (see table.py)."""

import json
import os

RESULTS = ("pass", "fail", "skip", "refused")


def record(runtime, family, scheme, result, peer="", compared="", detail=""):
    """Appends one case to the file that HALFTONE_INTEROP_RESULTS names; does nothing without it.

    `peer` is what loaded the output, with its version; `compared` says in a few words what was compared.
    `refused` is a family that Halftone refuses for the runtime by name, `skip` a peer that can't be had.
    """
    assert result in RESULTS, result
    path = os.environ.get("HALFTONE_INTEROP_RESULTS")
    if not path:
        return
    case = {"runtime": runtime, "family": family, "scheme": scheme, "result": result, "peer": peer,
            "compared": compared, "detail": detail}
    with open(path, "a") as file:
        file.write(json.dumps(case) + "\n")
