// SPDX-License-Identifier: Apache-2.0

#include "kernels_internal.h"

#if defined(__x86_64__)
#include "kernels_x86.h"

HALFTONE_BEGIN_AVX512

static inline __m512i load_magnitude(const float *src) {
  return _mm512_and_si512(_mm512_loadu_si512(src),
                          _mm512_set1_epi32((int)HALFTONE_MAGNITUDE_MASK));
}

int halftone_absmax_avx512(const float *src, size_t n, size_t block, float *maxima) {
  uint32_t overall = 0;
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    const float *p = src + start;
    size_t count = halftone_smaller(block, n - start), i = 0;
    __m512i low = _mm512_setzero_si512(), high = low;
    for (; i + 32 <= count; i += 32) {
      low = _mm512_max_epi32(low, load_magnitude(p + i));
      high = _mm512_max_epi32(high, load_magnitude(p + i + 16));
    }
    uint32_t largest = (uint32_t)_mm512_reduce_max_epi32(_mm512_max_epi32(low, high));
    for (; i < count; i++) {
      uint32_t magnitude = halftone_bits(p[i]) & HALFTONE_MAGNITUDE_MASK;
      largest = magnitude > largest ? magnitude : largest;
    }
    maxima[b] = halftone_float(largest);
    overall = largest > overall ? largest : overall;
  }
  return overall >= HALFTONE_INFINITY_BITS;
}

static inline __m512i load_order(const float *src) {
  __m512i bits = _mm512_loadu_si512(src);
  return _mm512_xor_si512(bits, _mm512_srli_epi32(_mm512_srai_epi32(bits, 31), 1));
}

int halftone_minmax_avx512(const float *src, size_t n, size_t block, float *minima,
                           float *maxima) {
  int found = 0;
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    const float *p = src + start;
    size_t count = halftone_smaller(block, n - start), i = 0;
    __m512i low = _mm512_set1_epi32(INT32_MAX), high = _mm512_set1_epi32(INT32_MIN);
    for (; i + 16 <= count; i += 16) {
      __m512i order = load_order(p + i);
      low = _mm512_min_epi32(low, order);
      high = _mm512_max_epi32(high, order);
    }
    int32_t smallest = _mm512_reduce_min_epi32(low), largest = _mm512_reduce_max_epi32(high);
    for (; i < count; i++) {
      int32_t order = halftone_order((int32_t)halftone_bits(p[i]));
      smallest = order < smallest ? order : smallest;
      largest = order > largest ? order : largest;
    }
    minima[b] = halftone_float((uint32_t)halftone_order(smallest));
    maxima[b] = halftone_float((uint32_t)halftone_order(largest));
    found |= !halftone_order_is_finite(smallest, largest);
  }
  return found;
}

HALFTONE_END
#endif
