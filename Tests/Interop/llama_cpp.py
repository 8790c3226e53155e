# SPDX-License-Identifier: Apache-2.0
"""llama.cpp for the GGUF scripts: its converter, its quantizer, and what it makes of a file.

Built from the source that the source distribution of llama-cpp-python holds, at the pinned version, in the
folder of --venv; or what is there already, named by --llama-cpp (its source), --build (its build folder) and
--python (with torch, transformers, safetensors and gguf).
"""

import os
import subprocess
import sys
import tarfile
from pathlib import Path

from environment import interpreter

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
VERSION = "0.3.36"
PEER = f"llama.cpp of llama-cpp-python {VERSION}"


def run(*command, **options):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))[:300]}\n{result.stdout[-1500:]}{result.stderr[-1500:]}")
    return result.stdout + result.stderr


def add_arguments(parser):
    parser.add_argument("--venv", type=Path, help="keep environments, and what is built, in this folder")
    parser.add_argument("--llama-cpp", type=Path, help="llama.cpp's source, instead of a download")
    parser.add_argument("--build", type=Path, help="its build folder")
    parser.add_argument("--python", help="a Python with torch, transformers, safetensors and gguf")
    parser.add_argument("--halftone", default=REPOSITORY / ".build/release/halftone")
    parser.add_argument("--keep", type=Path, help="a folder for what is converted")


def folder_of(arguments):
    folder = (arguments.venv or REPOSITORY / ".interop").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def run_with_packages(arguments):
    """Runs the script again under the Python that has the packages, unless it is that one."""
    if os.environ.get("HALFTONE_INTEROP_PYTHON"):
        return
    python = str(arguments.python or LlamaCpp.install(folder_of(arguments)))
    os.environ["HALFTONE_INTEROP_PYTHON"] = python
    os.execv(python, [python, *sys.argv])


class LlamaCpp:
    def __init__(self, arguments):
        folder = folder_of(arguments)
        self.python = arguments.python or self.install(folder)
        folder = folder / "llama_cpp"
        folder.mkdir(exist_ok=True)
        self.source = arguments.llama_cpp or self.download(folder)
        self.build = arguments.build or self.make(folder)
        self.quantizer = self.build / "bin/llama-quantize"
        self.perplexity = self.build / "bin/llama-perplexity"
        self.reader = self.compile(folder)

    @staticmethod
    def install(folder):
        return interpreter(folder, "llama_cpp")

    def download(self, folder):
        source = folder / "source"
        if not source.exists():
            run(self.python, "-m", "pip", "download", "--quiet", "--no-deps", "--no-build-isolation", "--no-binary",
                "llama-cpp-python", "--dest", folder, f"llama-cpp-python=={VERSION}")
            (archive,) = folder.glob("llama_cpp_python-*.tar.gz")
            with tarfile.open(archive) as file:
                file.extractall(folder / "unpacked", filter="data")
            (inner,) = (folder / "unpacked").glob("*/vendor/llama.cpp")
            source.symlink_to(inner)
        return source

    def make(self, folder):
        build = folder / "build"
        if not (build / "bin/llama-quantize").exists():
            path = f"{Path(self.python).parent}:{os.environ['PATH']}"
            environment = {**os.environ, "PATH": path}
            run("cmake", "-S", self.source, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                "-DBUILD_SHARED_LIBS=OFF", "-DLLAMA_CURL=OFF", "-DLLAMA_BUILD_SERVER=OFF", env=environment)
            run("cmake", "--build", build, "--target", "llama-quantize", "llama-perplexity", env=environment)
        return build

    def compile(self, folder):
        program = folder / "llama_cpp_logits"
        code = HERE / "llama_cpp_logits.cpp"
        if not program.exists() or program.stat().st_mtime < code.stat().st_mtime:
            libraries = ["src/libllama.a", "ggml/src/libggml.a", "ggml/src/libggml-cpu.a", "ggml/src/libggml-base.a"]
            run("c++", "-O2", "-std=c++17", f"-I{self.source}/include", f"-I{self.source}/ggml/include", code, "-o",
                program, *(self.build / library for library in libraries), "-lpthread", "-ldl", "-fopenmp")
        return program

    def convert(self, checkpoint, output, type="f32", pre=None):
        """The converter's own file."""
        if not output.exists():
            name = ["--pre", pre] if pre else []
            run(self.python, HERE / "llama_cpp_convert.py", self.source, checkpoint, output, type, *name)
        return output

    def quantize(self, file, output, type):
        run(self.quantizer, file, output, type)
        return output

    def logits(self, file, ids, scratch, context=512):
        """fp32, a row for each position, as bytes of a raw file that is returned."""
        run(self.reader, "logits", file, scratch, *ids, env={**os.environ, "LLAMA_CPP_CONTEXT": str(context)})
        return scratch

    def tokens(self, file, text, scratch):
        text_file = scratch.with_suffix(".txt")
        text_file.write_bytes(text.encode())
        run(self.reader, "tokens", file, scratch, text_file)
        return scratch
