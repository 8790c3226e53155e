# SPDX-License-Identifier: Apache-2.0
"""What the benchmark scripts share: alternating runs, medians and ratios, and the machine's name.

Two programs are always timed in turns within one run, so that a neighbour that slows the machine
down for a minute slows both, and what is reported is the ratio of their medians.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]

# Of the latest `alternate`; None where the system does not tell.
disturbance = None

FEATURES = ["sse4_2", "avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512vl", "avx512_vbmi",
            "avx512_vnni", "avx512_bf16", "amx_tile", "asimd", "asimddp", "i8mm", "bf16"]


@dataclass
class Timing:
    """Wall seconds of one program's runs, in the order in which they ran, and its processor seconds.

    Processor time is what a busy machine changes least; it is that of the programs that a run started.
    """

    name: str
    seconds: list
    processor_seconds: list

    @property
    def median(self):
        return statistics.median(self.seconds)

    def line(self, byte_count=None):
        text = (f"{self.name}: median {self.median:.3f} s, {min(self.seconds):.3f} to "
                f"{max(self.seconds):.3f} s, {len(self.seconds)} runs")
        processor = statistics.median(self.processor_seconds)
        text += f", {processor:.3f} s of processor time" if processor else ""
        return text + (f", {byte_count / self.median / 1e9:.3f} GB/s" if byte_count else "")

    def as_json(self):
        return {"name": self.name, "median_seconds": self.median, "seconds": self.seconds,
                "processor_seconds": self.processor_seconds}


@dataclass
class Ratio:
    """How many times as long one program takes as another.

    `value` is the ratio of the medians; `low` and `high` are the extremes over the rounds, each of
    which compares two neighbouring runs.
    """

    name: str
    value: float
    low: float
    high: float

    def line(self):
        return f"{self.name}: {self.value:.3f} (per round {self.low:.3f} to {self.high:.3f})"

    def as_json(self):
        return {"name": self.name, "ratio_of_medians": self.value,
                "low": self.low, "high": self.high}


def ratio(over, under):
    rounds = [a / b for a, b in zip(over.seconds, under.seconds)]
    name = f"{over.name} / {under.name}"
    return Ratio(name, over.median / under.median, min(rounds), max(rounds))


def processor_seconds():
    """(used by everyone, taken by the hypervisor, used by us and our children), Linux only."""
    path = Path("/proc/stat")
    if not path.exists():
        return None
    words = path.read_text().partition("\n")[0].split()[1:]
    user, nice, system, _, _, irq, soft_irq, steal, *_ = (
        int(word) / os.sysconf("SC_CLK_TCK") for word in words)
    return user + nice + system + irq + soft_irq, steal, sum(os.times()[:4])


@dataclass
class Disturbance:
    """What others took of the processors during the timed runs, as fractions."""

    others: float
    hypervisor: float

    @staticmethod
    def between(before, after, seconds):
        if before is None:
            return None
        everyone, stolen, ours = (b - a for a, b in zip(before, after))
        capacity = seconds * os.cpu_count()
        return Disturbance(max(0, everyone - ours) / capacity, stolen / capacity)

    def line(self):
        return (f"meanwhile others took {100 * self.others:.1f} % of the processors, "
                f"the hypervisor {100 * self.hypervisor:.1f} %")


def alternate(programs, runs, warm_ups=1):
    """Times each callable `runs` times, in turns; the order reverses from one round to the next.

    A callable returns the seconds it wants to be charged, or None to be charged its wall time.
    """
    global disturbance
    before, began = processor_seconds(), time.perf_counter()
    seconds, processor = ({name: [] for name in programs} for _ in range(2))
    for round_number in range(-warm_ups, runs):
        names = list(programs) if round_number % 2 == 0 else list(reversed(programs))
        for name in names:
            start, children = time.perf_counter(), sum(os.times()[2:4])
            charged = programs[name]()
            wall = time.perf_counter() - start
            if round_number >= 0:
                processor[name].append(sum(os.times()[2:4]) - children)
                seconds[name].append(wall if charged is None else charged)
            progress(f"round {round_number + 1}/{runs} {name}: {charged or wall:.3f} s")
    disturbance = Disturbance.between(
        before, processor_seconds(), time.perf_counter() - began)
    return {name: Timing(name, values, processor[name]) for name, values in seconds.items()}


def progress(text):
    print(f"  {text}", file=sys.stderr, flush=True)


def command(*words, environment=None, text_output=False):
    """Runs a program to success and returns its wall seconds, or its standard output."""
    start = time.perf_counter()
    done = subprocess.run([str(w) for w in words], env={**os.environ, **(environment or {})},
                          capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))}\nexit {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout if text_output else seconds


def remove(path):
    path = Path(path)
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


class scratch:
    """A folder of our own inside `parent`, gone at the end whatever happens."""

    def __init__(self, parent):
        self.parent = Path(parent)

    def __enter__(self):
        self.path = Path(tempfile.mkdtemp(prefix="halftone-benchmark-", dir=self.parent))
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


def file_bytes(path):
    path = Path(path)
    files = [path] if path.is_file() else path.rglob("*")
    return sum(f.stat().st_size for f in files if f.is_file())


def machine():
    """Processor, cores, instruction sets, memory, operating system."""
    model, flags, memory = platform.processor() or platform.machine(), set(), None
    if Path("/proc/cpuinfo").exists():
        fields = dict(
            (key.strip(), value.strip()) for key, _, value in
            (line.partition(":") for line in Path("/proc/cpuinfo").read_text().splitlines()))
        family = f" (family {fields.get('cpu family')}, model {fields.get('model')})"
        model = fields.get("model name", platform.machine()) + family
        flags = set((fields.get("flags") or fields.get("Features") or "").split())
        kilobytes = Path("/proc/meminfo").read_text().split("MemTotal:")[1].split()[0]
        memory = round(int(kilobytes) / 2**20, 1)
    elif sys.platform == "darwin":
        model = command("sysctl", "-n", "machdep.cpu.brand_string", text_output=True).strip()
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "instruction_sets": [f for f in FEATURES if f in flags],
        "memory_gib": memory,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
    }


def versions(*packages):
    found = {"python": platform.python_version()}
    for package in packages:
        found[package] = importlib.metadata.version(package)
    return found


def options(description, runs=5, memory_folder=False, checkpoint=False):
    """The options that most scripts have; those of alternating runs where `runs` says how many."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--halftone", type=Path, default=REPOSITORY / ".build/release/halftone",
                        help="the program to measure (default: the release build)")
    if runs:
        parser.add_argument("--peer-only", action="store_true",
                            help="measure only the other program")
        parser.add_argument("--runs", type=int, default=runs, help=f"rounds (default {runs})")
    parser.add_argument("--threads", type=int, default=2, help="of each program (default 2)")
    parser.add_argument("--json", type=Path, help="also write the result to this file")
    if memory_folder:
        parser.add_argument("--memory-folder", type=Path, required=memory_folder != "optional",
                            help="a folder on a memory file system, such as /dev/shm on Linux")
    if checkpoint:
        parser.add_argument("--checkpoint", type=Path,
                            help="default: the made 500M model, in the memory folder")
    return parser


def program(chosen):
    """The halftone binary, as an absolute path; exits if it is not there."""
    path = chosen.halftone.resolve()
    if not path.exists():
        sys.exit(f"{path} does not exist: swift build -c release, or name it with --halftone")
    return path


def machine_line(about):
    return (f"machine: {about['processor']}, {about['cores']} cores, {about['memory_gib']} GiB, "
            f"{about['system']}")


def report_each(chosen, results, line):
    """Prints a line for each result and, if asked, writes all as JSON."""
    about = machine()
    print(machine_line(about))
    for title, found in results.items():
        print(line(title, found))
    if chosen.json:
        chosen.json.write_text(json.dumps({"machine": about, "results": results}, indent=2) + "\n")


def report(title, chosen, timings, ratios, notes=None, byte_count=None, packages=()):
    """Prints what was found and, if asked, writes it as JSON."""
    about, used = machine(), versions(*packages)
    if not chosen.peer_only:
        used["halftone"] = command(program(chosen), "--version", text_output=True).strip()
    print(f"\n{title}")
    print(machine_line(about))
    print(f"instruction sets: {' '.join(about['instruction_sets'])}")
    if disturbance:
        print(disturbance.line())
    print("versions: " + ", ".join(f"{k} {v}" for k, v in used.items()))
    for timing in timings:
        print(timing.line(byte_count))
    for each in ratios:
        print(each.line())
    for key, value in (notes or {}).items():
        print(f"{key}: {value}")
    if chosen.json:
        chosen.json.write_text(json.dumps({
            "title": title, "machine": about, "versions": used,
            "timings": [t.as_json() for t in timings], "ratios": [r.as_json() for r in ratios],
            "notes": notes or {}, "byte_count": byte_count,
            "disturbance": vars(disturbance) if disturbance else None}, indent=2) + "\n")
