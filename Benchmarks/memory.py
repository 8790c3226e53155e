#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Peak anonymous memory of a command, and of quantizing two checkpoints, one four times the other.

    memory.py -- COMMAND [ARGUMENT...]                     one command, whatever it is
    memory.py --memory-folder FOLDER [--sizes 500m 2b]     halftone quantize on made checkpoints

Anonymous memory is what a program allocates; pages of mapped files are not counted, since the
kernel can drop them at any moment. It is read from /proc (Linux only) every few milliseconds, so a
peak shorter than that can be missed; the kernel's own record of peak resident memory, which
includes mapped file pages, is printed as an upper bound. The second form makes one checkpoint at a
time; the larger wants 8 GB free in the folder, which may as well be on a disk.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import make_checkpoint
import measure


def anonymous_kilobytes(process):
    """RssAnon of the process and of its children, 0 for those that have gone."""
    total, waiting = 0, [process]
    while waiting:
        current = waiting.pop()
        try:
            status = Path(f"/proc/{current}/status").read_text()
            for task in os.listdir(f"/proc/{current}/task"):
                children = Path(f"/proc/{current}/task/{task}/children")
                if children.exists():
                    waiting += map(int, children.read_text().split())
        except (FileNotFoundError, ProcessLookupError):
            continue
        _, found, rest = status.partition("RssAnon:")
        total += int(rest.split()[0]) if found else 0
    return total


def watch(words, interval=0.003, output=os.devnull):
    """Runs a command to success; returns its peaks in bytes, its seconds and the sample count."""
    start = time.perf_counter()
    with open(output, "w") as standard_output:
        process = subprocess.Popen([str(w) for w in words], stdout=standard_output)
    peak, samples = 0, 0
    while True:
        # WNOWAIT leaves the process to be collected by wait4, which knows its peak.
        if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            break
        peak = max(peak, anonymous_kilobytes(process.pid))
        samples += 1
        time.sleep(interval)
    seconds = time.perf_counter() - start
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(map(str, words))}: exit {process.returncode}")
    return {"peak_anonymous_bytes": peak * 1024, "peak_resident_bytes": usage.ru_maxrss * 1024,
            "seconds": round(seconds, 3), "samples": samples}


def line(title, found):
    return (f"{title}: peak anonymous {found['peak_anonymous_bytes'] / 1e6:.1f} MB, "
            f"peak resident {found['peak_resident_bytes'] / 1e6:.1f} MB, {found['seconds']:.2f} s, "
            f"{found['samples']} samples")


def main():
    parser = measure.options(__doc__, runs=None, memory_folder="optional")
    parser.add_argument("--sizes", nargs="+", default=["500m", "2b"], choices=make_checkpoint.SIZES)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    chosen = parser.parse_args()
    results = {}
    if chosen.command:
        words = chosen.command[1:] if chosen.command[0] == "--" else chosen.command
        results[" ".join(words)] = watch(words)
    elif chosen.memory_folder:
        halftone = measure.program(chosen)
        for size in chosen.sizes:
            # One checkpoint at a time, so that the folder needs room only for the larger.
            with measure.scratch(chosen.memory_folder) as folder:
                source = make_checkpoint.make(folder / "source", size)
                for name, more in [("uncompressed", ["--compression", "none"]), ("compressed", []),
                                   ("double-quantized", ["--double-quant"])]:
                    output = folder / "quantized.tone"
                    measure.remove(output)
                    results[f"{size} {name}"] = watch(
                        [halftone, "quantize", source, "-o", output, "--scheme", "nf4",
                         "--threads", chosen.threads, *more])
    else:
        parser.error("either a command after -- or --memory-folder")
    measure.report_each(chosen, results, line)


if __name__ == "__main__":
    main()
