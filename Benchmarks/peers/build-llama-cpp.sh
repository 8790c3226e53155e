#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds llama.cpp's programs from the sources that llama-cpp-python packs, with nothing but pip, a
# C++ compiler and Python's venv: statically, in Release, for the processor of this machine.
#
#   Benchmarks/peers/build-llama-cpp.sh FOLDER [TARGET...]
#
# FOLDER receives everything and ends up with FOLDER/bin/llama-quantize and the others. TARGETs default
# to what the benchmarks use: llama-quantize, llama-bench and llama-batched-bench; llama-perplexity
# builds the same way. JOBS (default 1) sets how many compilers run at once. A finished step is not
# repeated, so an interrupted build goes on.
set -eu

version=0.3.36
folder=${1:?usage: build-llama-cpp.sh FOLDER [TARGET...]}
shift
[ $# -gt 0 ] || set -- llama-quantize llama-bench llama-batched-bench
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
cd "$folder"

if [ ! -x tools/bin/cmake ] || [ ! -x tools/bin/ninja ]; then
  python3 -m venv tools
  tools/bin/pip install --quiet cmake ninja
fi

# The sources are taken out of the archive; building the Python package itself is not needed. pip
# must not be told to refuse every wheel, or it compiles cmake before it looks at the archive.
archive=llama_cpp_python-$version.tar.gz
if [ ! -f "$archive" ]; then
  tools/bin/pip download --quiet --no-deps --no-binary llama-cpp-python "llama-cpp-python==$version"
fi
if [ ! -f source/CMakeLists.txt ]; then
  rm -rf source unpacked
  mkdir unpacked
  tar -xzf "$archive" -C unpacked --strip-components=1
  mv unpacked/vendor/llama.cpp source
  rm -rf unpacked
fi

PATH=$folder/tools/bin:$PATH
[ -f build/build.ninja ] || cmake -S source -B build -G Ninja \
  -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF -DGGML_NATIVE=ON \
  -DLLAMA_CURL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_SERVER=OFF \
  -DLLAMA_BUILD_TOOLS=ON -DLLAMA_BUILD_COMMON=ON
cmake --build build --parallel "${JOBS:-1}" --target "$@"

mkdir -p bin
for target in "$@"; do
  cp "build/bin/$target" bin/
done
echo "llama-cpp-python $version" > bin/VERSION
ls -l bin
