// SPDX-License-Identifier: Apache-2.0

#include "kernels_internal.h"

#if defined(__x86_64__)
#include "kernels_x86.h"

HALFTONE_BEGIN_AVX2

static inline __m256i load(const float *src) { return _mm256_loadu_si256((const __m256i *)src); }

/// The largest magnitude of each lane, and of what does not fill the lanes in lane 0.
static inline __m256i lane_magnitudes(const float *src, size_t n) {
  const __m256i mask = _mm256_set1_epi32((int)HALFTONE_MAGNITUDE_MASK);
  __m256i a = _mm256_setzero_si256(), b = a, c = a, d = a;
  size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    a = _mm256_max_epi32(a, _mm256_and_si256(mask, load(src + i)));
    b = _mm256_max_epi32(b, _mm256_and_si256(mask, load(src + i + 8)));
    c = _mm256_max_epi32(c, _mm256_and_si256(mask, load(src + i + 16)));
    d = _mm256_max_epi32(d, _mm256_and_si256(mask, load(src + i + 24)));
  }
  for (; i + 8 <= n; i += 8) a = _mm256_max_epi32(a, _mm256_and_si256(mask, load(src + i)));
  a = _mm256_max_epi32(_mm256_max_epi32(a, b), _mm256_max_epi32(c, d));
  for (; i < n; i++) {
    int32_t magnitude = (int32_t)(halftone_bits(src[i]) & HALFTONE_MAGNITUDE_MASK);
    a = _mm256_max_epi32(a, _mm256_setr_epi32(magnitude, 0, 0, 0, 0, 0, 0, 0));
  }
  return a;
}

/// The larger of neighbouring lanes, alternately from a and b: a01, b01, a23, b23 in each half.
static inline __m256i fold32(__m256i a, __m256i b) {
  return _mm256_max_epi32(_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
}

static inline __m256i fold64(__m256i a, __m256i b) {
  return _mm256_max_epi32(_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
}

/// Lane k is the largest lane of m[k]: a transposition with a maximum at each step, cheaper than
/// eight reductions.
static inline __m256i fold_eight(const __m256i m[8]) {
  __m256i low = fold64(fold32(m[0], m[1]), fold32(m[2], m[3]));
  __m256i high = fold64(fold32(m[4], m[5]), fold32(m[6], m[7]));
  return _mm256_max_epi32(_mm256_permute2x128_si256(low, high, 0x20),
                          _mm256_permute2x128_si256(low, high, 0x31));
}

int halftone_absmax_avx2(const float *src, size_t n, size_t block, float *maxima) {
  __m256i overall = _mm256_setzero_si256();
  size_t start = 0, b = 0;
  for (; block <= n / 8 && start + 8 * block <= n; start += 8 * block, b += 8) {
    __m256i m[8];
    for (size_t k = 0; k < 8; k++) {
      const float *p = src + start + k * block;
      m[k] = block == 64 ? lane_magnitudes(p, 64) : lane_magnitudes(p, block);
    }
    __m256i largest = fold_eight(m);
    _mm256_storeu_si256((__m256i *)(maxima + b), largest);
    overall = _mm256_max_epi32(overall, largest);
  }
  for (; start < n; start += block, b++) {
    __m256i m[8];
    m[0] = lane_magnitudes(src + start, halftone_smaller(block, n - start));
    for (size_t k = 1; k < 8; k++) m[k] = _mm256_setzero_si256();
    __m256i largest = fold_eight(m);
    maxima[b] = halftone_float((uint32_t)_mm256_cvtsi256_si32(largest));
    overall = _mm256_max_epi32(overall, largest);
  }
  const __m256i finite = _mm256_set1_epi32((int)HALFTONE_INFINITY_BITS - 1);
  return _mm256_movemask_epi8(_mm256_cmpgt_epi32(overall, finite)) != 0;
}

static inline __m256i load_order(const float *src) {
  __m256i bits = load(src);
  __m256i negative = _mm256_srai_epi32(bits, 31);
  return _mm256_xor_si256(bits, _mm256_srli_epi32(negative, 1));
}

static inline int32_t smallest_lane(__m256i a) {
  __m128i m = _mm_min_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
  m = _mm_min_epi32(m, _mm_shuffle_epi32(m, _MM_SHUFFLE(1, 0, 3, 2)));
  m = _mm_min_epi32(m, _mm_shuffle_epi32(m, _MM_SHUFFLE(2, 3, 0, 1)));
  return _mm_cvtsi128_si32(m);
}

static inline int32_t largest_lane(__m256i a) {
  // Complement reverses the order of integers.
  return ~smallest_lane(_mm256_xor_si256(a, _mm256_set1_epi32(-1)));
}

int halftone_minmax_avx2(const float *src, size_t n, size_t block, float *minima, float *maxima) {
  int found = 0;
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    const float *p = src + start;
    size_t count = halftone_smaller(block, n - start), i = 0;
    __m256i low = _mm256_set1_epi32(INT32_MAX), high = _mm256_set1_epi32(INT32_MIN);
    __m256i low2 = low, high2 = high;
    for (; i + 16 <= count; i += 16) {
      __m256i x = load_order(p + i), y = load_order(p + i + 8);
      low = _mm256_min_epi32(low, x);
      high = _mm256_max_epi32(high, x);
      low2 = _mm256_min_epi32(low2, y);
      high2 = _mm256_max_epi32(high2, y);
    }
    int32_t smallest = smallest_lane(_mm256_min_epi32(low, low2));
    int32_t largest = largest_lane(_mm256_max_epi32(high, high2));
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
