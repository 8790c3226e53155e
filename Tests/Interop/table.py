#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the table of what was tested with which runtime into formats/README.md.

    table.py RESULTS.jsonl [--check]

RESULTS.jsonl is what `Tests/Interop/all.sh` collects: a JSON object per case with the keys runtime, family,
scheme, result, peer, compared and detail. A later case replaces an earlier one of the same runtime, family,
scheme and peer. With --check nothing is written: exit 1 if the table is not what the results give, or if a case
failed.
"""

import argparse
import json
import sys
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[2] / "formats/README.md"
BEGIN = "<!-- written by Tests/Interop/table.py: begin -->"
END = "<!-- written by Tests/Interop/table.py: end -->"


def read(path):
    cases = {}
    for line in Path(path).read_text().splitlines():
        case = json.loads(line)
        cases[case["runtime"], case["family"], case["scheme"], case["peer"]] = case
    return list(cases.values())


def unique(values):
    return list(dict.fromkeys(value for value in values if value))


def runtimes(cases):
    """Runtime by runtime: with what it was tested, and how."""
    yield "| `--to` | schemes | loaded by | compared | cases passed |"
    yield "| --- | --- | --- | --- | --- |"
    for runtime in sorted({case["runtime"] for case in cases}):
        own = [case for case in cases if case["runtime"] == runtime]
        tried = [case for case in own if case["result"] in ("pass", "fail")]
        passed = sum(case["result"] == "pass" for case in tried)
        skipped = sum(case["result"] == "skip" for case in own)
        count = f"{passed} of {len(tried)}" + (f", {skipped} skipped" if skipped else "")
        yield (f"| `{runtime}` | {', '.join(f'`{s}`' for s in unique(c['scheme'] for c in tried))} "
               f"| {'; '.join(unique(c['peer'] for c in tried))} "
               f"| {'; '.join(unique(c['compared'] for c in tried))} | {count} |")


def cell(cases, every):
    """What became of one family in one runtime; `every` is all schemes that were tried there."""
    results = {}
    for case in cases:
        results.setdefault(case["scheme"], []).append(case["result"])
    failed = [scheme for scheme, found in results.items() if "fail" in found]
    passed = [s for s, found in results.items() if "pass" in found and s not in failed]
    if failed:
        return "**fails**: " + ", ".join(failed)
    if passed:
        return "all" if set(passed) >= every else ", ".join(passed)
    if any("refused" in found for found in results.values()):
        return "refused"
    return "skipped" if results else ""


def families(cases):
    """Family by family: the schemes with which each runtime took it."""
    names = sorted({case["runtime"] for case in cases})
    yield "| family | " + " | ".join(f"`{name}`" for name in names) + " |"
    yield "| --- |" + " --- |" * len(names)
    for family in sorted({case["family"] for case in cases}):
        cells = []
        for runtime in names:
            own = [case for case in cases if case["runtime"] == runtime]
            every = {case["scheme"] for case in own if case["result"] in ("pass", "fail")}
            cells.append(cell([case for case in own if case["family"] == family], every))
        yield f"| {family} | " + " | ".join(cells) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    cases = read(arguments.results)
    table = "\n".join([BEGIN, *runtimes(cases), "", *families(cases), END])
    text = DOCUMENT.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    written = before + table + after
    if not arguments.check:
        DOCUMENT.write_text(written)
        return
    failures = [case for case in cases if case["result"] == "fail"]
    for case in failures:
        print(f"{case['runtime']} {case['family']} {case['scheme']}: {case['detail']}", file=sys.stderr)
    if written != text:
        print(f"{DOCUMENT.name} is not what the results give; run table.py without --check", file=sys.stderr)
    sys.exit(1 if failures or written != text else 0)


if __name__ == "__main__":
    main()
