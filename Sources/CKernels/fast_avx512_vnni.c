// SPDX-License-Identifier: Apache-2.0
//
// Fast products for processors with AVX-512 and VNNI, which has four products and their sum in one
// instruction.

#include "products_internal.h"

#if defined(__x86_64__)
#include "kernels_x86.h"

HALFTONE_BEGIN_AVX512_VNNI

static inline __attribute__((always_inline)) __m512i four_products(__m512i a, __m512i b) {
  return _mm512_dpbusd_epi32(_mm512_setzero_si512(), a, b);
}

#define VARIANT(name) name##_avx512_vnni
#include "fast_avx512.h"

HALFTONE_END
#endif
