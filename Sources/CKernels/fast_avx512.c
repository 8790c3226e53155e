// SPDX-License-Identifier: Apache-2.0
//
// Fast products for processors with AVX-512 and no VNNI. Two products of at most 128 * 127 fit 16 bits.

#include "products_internal.h"

#if defined(__x86_64__)
#include "kernels_x86.h"

HALFTONE_BEGIN_AVX512

static inline __attribute__((always_inline)) __m512i four_products(__m512i a, __m512i b) {
  return _mm512_madd_epi16(_mm512_maddubs_epi16(a, b), _mm512_set1_epi16(1));
}

#define VARIANT(name) name##_avx512
#include "fast_avx512.h"

HALFTONE_END
#endif
