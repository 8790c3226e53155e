#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compares the AVX-512 and NEON variants with the portable code on a machine that has neither:
#   Benchmarks/kernels/emulate.sh [avx512|neon]
# AVX-512: the same sources on SIMDe's portable functions (Debian: libsimde-dev); needs AVX2.
# NEON: cross-compiled with clang and run by qemu (gcc-aarch64-linux-gnu, qemu-user-static).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
compile() {
  "${CC:-clang}" -std=c17 -D_GNU_SOURCE -O2 -Wall -Wextra \
    -I"$root/Sources/CKernels/include" -I"$root/Tests/KernelComparison/include" "$@" \
    "$root"/Sources/CKernels/*.c "$root"/Tests/KernelComparison/*.c "$here/run_comparison.c"
}

avx512() {
  # SIMDe's own headers are not clean under -Wextra, and without AVX-512 a vector of 64 bytes has
  # no register to be passed in.
  compile -mavx2 -mf16c -mfma -DHALFTONE_EMULATE_AVX512 -I"$here" -Wno-psabi -o "$work/avx512" -lm
  "$work/avx512"
  HALFTONE_EMULATE_VNNI=1 "$work/avx512" products
}

neon() {
  # clang compiles, and the cross gcc knows where its libraries are.
  (cd "$work" && compile --target=aarch64-linux-gnu -isystem /usr/aarch64-linux-gnu/include -c)
  aarch64-linux-gnu-gcc -static "$work"/*.o -o "$work/neon" -lm
  # With all extensions, and products without that for dot products.
  qemu-aarch64-static -cpu max "$work/neon"
  qemu-aarch64-static -cpu cortex-a57 "$work/neon" products
}

case ${1:-both} in
  avx512) avx512 ;;
  neon) neon ;;
  *) avx512 && neon ;;
esac
