#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Speed of every kernel on every instruction set of this machine: Benchmarks/kernels/bench.sh
# One thread; the chunks of 4096 weights stay in the caches. CC chooses the compiler (clang).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
sources=$here/../../Sources/CKernels
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${CC:-clang}" -std=c17 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -I"$sources/include" \
  "$here/bench.c" "$sources"/*.c -o "$work/bench" -lm
"$work/bench"
