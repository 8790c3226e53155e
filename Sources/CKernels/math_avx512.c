// SPDX-License-Identifier: Apache-2.0

#include "kernels_internal.h"

#if defined(__x86_64__)
#include <math.h>

#if defined(HALFTONE_EMULATE_AVX512)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#endif

#define LANES 16
#define FUSED 1
#define VARIANT(name) halftone_##name##_avx512
#include "math_template.h"

#pragma clang attribute pop
#endif
