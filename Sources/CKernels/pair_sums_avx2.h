// SPDX-License-Identifier: Apache-2.0
//
// What kernels share that encode bf16 weights and keep the sums of error_sums in registers meanwhile:
// the sums of one chunk, eight pairs at a time. Included inside HALFTONE_BEGIN_AVX2.

#ifndef HALFTONE_PAIR_SUMS_AVX2_H
#define HALFTONE_PAIR_SUMS_AVX2_H

#include "error_lanes.h"

/// Lanes in the order of widen_16.
typedef struct pair_sums {
  __m256 xx[2], yy[2], ee[2];
  __m256i largest;  ///< of both halves, as bits of numbers that are not NaN
} pair_sums;

static inline pair_sums no_sums(void) {
  const __m256 zero = _mm256_setzero_ps();
  return (pair_sums){{zero, zero}, {zero, zero}, {zero, zero}, _mm256_setzero_si256()};
}

/// Sixteen bf16 weights as fp32, which they are once zeros stand below them. An interleaving is one
/// instruction where a widening across lanes is two: vector 0 has weights 0-3 and 8-11, vector 1 has
/// 4-7 and 12-15.
static inline void widen_16(const uint16_t *src, __m256 x[2]) {
  const __m256i zero = _mm256_setzero_si256(), words = _mm256_loadu_si256((const __m256i *)src);
  x[0] = _mm256_castsi256_ps(_mm256_unpacklo_epi16(zero, words));
  x[1] = _mm256_castsi256_ps(_mm256_unpackhi_epi16(zero, words));
}

/// Adds the pairs of vector `half` of sixteen weights.
static inline void add_8(__m256 x, __m256 y, pair_sums *s, int half) {
  __m256 e = _mm256_sub_ps(x, y);
  s->xx[half] = _mm256_fmadd_ps(x, x, s->xx[half]);
  s->yy[half] = _mm256_fmadd_ps(y, y, s->yy[half]);
  s->ee[half] = _mm256_fmadd_ps(e, e, s->ee[half]);
  // Magnitudes order as integers do, for which the processor has units that are idle here.
  __m256i size = _mm256_and_si256(_mm256_castps_si256(e), _mm256_set1_epi32(HALFTONE_MAGNITUDE_MASK));
  s->largest = _mm256_max_epi32(size, s->largest);
}

/// Puts a sum's vectors into lanes.
static inline void store_lanes(const __m256 sums[2], float *lanes) {
  for (int half = 0; half < 2; half++) {
    _mm_storeu_ps(lanes + 4 * half, _mm256_castps256_ps128(sums[half]));
    _mm_storeu_ps(lanes + 8 + 4 * half, _mm256_extractf128_ps(sums[half], 1));
  }
}

static inline void finish_chunk(const pair_sums *s, halftone_error_sums *sums) {
  error_lanes lanes;
  store_lanes(s->xx, lanes.xx);
  store_lanes(s->yy, lanes.yy);
  store_lanes(s->ee, lanes.ee);
  const __m256 largest[2] = {_mm256_castsi256_ps(s->largest), _mm256_setzero_ps()};
  store_lanes(largest, lanes.largest);
  error_lanes_finish(&lanes, sums);
}

#endif
