// SPDX-License-Identifier: Apache-2.0
//
// For the x86 files: the intrinsics, and the instruction sets that a file's functions may use. The
// sets are attributes and not compiler flags, because SwiftPM refuses packages with unsafe flags as
// dependencies, and because a flag would let the compiler use them in portable code, too.
//
// FMA is left out of the AVX2 set on purpose: what is not there cannot be contracted.

#ifndef HALFTONE_KERNELS_X86_H
#define HALFTONE_KERNELS_X86_H

#include "kernels_internal.h"

#if defined(HALFTONE_EMULATE_AVX512)
// Benchmarks/kernels/emulate.sh: the same source on portable functions.
#include "avx512_emulation.h"
#else
#include <immintrin.h>
#endif

#define HALFTONE_BEGIN_AVX2                                                                        \
  _Pragma("clang attribute push(__attribute__((target(\"avx2,f16c,fma,sse4.2,pclmul\"))), apply_to = function)")

#if defined(HALFTONE_EMULATE_AVX512)
#define HALFTONE_BEGIN_AVX512                                                                      \
  _Pragma("clang attribute push(__attribute__((target(\"avx2,f16c,fma\"))), apply_to = function)")
#define HALFTONE_BEGIN_AVX512_VNNI HALFTONE_BEGIN_AVX512
#else
#define HALFTONE_BEGIN_AVX512                                                                      \
  _Pragma("clang attribute push(__attribute__((target(\"avx512f,avx512bw,avx512dq,avx512vl,avx2,f16c,fma\"))), apply_to = function)")
#define HALFTONE_BEGIN_AVX512_VNNI                                                                 \
  _Pragma("clang attribute push(__attribute__((target(\"avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,f16c,fma\"))), apply_to = function)")
#endif

#define HALFTONE_END _Pragma("clang attribute pop")

#endif
