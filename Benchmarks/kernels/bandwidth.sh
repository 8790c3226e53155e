#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What part of the memory's bandwidth products with codes reach: Benchmarks/kernels/bandwidth.sh [MB] [THREADS]
# Needs about twice MB (256) of memory for each thread. CC chooses the compiler (clang).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
sources=$here/../../Sources/CKernels
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${CC:-clang}" -std=c17 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -I"$sources/include" \
  "$here/bandwidth.c" "$sources"/*.c -o "$work/bandwidth" -lm -lpthread
"$work/bandwidth" "$@"
