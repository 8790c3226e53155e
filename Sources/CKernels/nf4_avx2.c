// SPDX-License-Identifier: Apache-2.0
//
// The usual case, blocks of 64, fused: a weight is widened in a register, and its code is looked up again
// before it is packed, so that nothing but the results is stored. Whatever is not a whole chunk of such
// blocks, or has a block of zeros, goes through the chain of kernels.

#include "nf4_chain.h"

#if defined(__x86_64__)
#include "kernels_x86.h"
#include "error_lanes.h"
#include "search_avx2.h"

static HALFTONE_DEFINE_NF4_CHAIN(chain, avx2)

HALFTONE_BEGIN_AVX2

enum { block_size = 64, block_count = HALFTONE_SUM_CHUNK / block_size };

/// The largest magnitude of 64 bf16 weights, as bf16 bits: magnitudes order as integers do.
static inline uint16_t largest_magnitude(const uint16_t *src) {
  const __m256i mask = _mm256_set1_epi16(0x7FFF);
  const __m256i *p = (const __m256i *)src;
  __m256i a = _mm256_and_si256(_mm256_loadu_si256(p), mask);
  __m256i b = _mm256_and_si256(_mm256_loadu_si256(p + 1), mask);
  __m256i c = _mm256_and_si256(_mm256_loadu_si256(p + 2), mask);
  __m256i d = _mm256_and_si256(_mm256_loadu_si256(p + 3), mask);
  __m256i m = _mm256_max_epu16(_mm256_max_epu16(a, b), _mm256_max_epu16(c, d));
  __m128i half = _mm_max_epu16(_mm256_castsi256_si128(m), _mm256_extracti128_si256(m, 1));
  // Minpos finds a minimum; of the complements that is the maximum.
  __m128i least = _mm_minpos_epu16(_mm_xor_si128(half, _mm_set1_epi16(-1)));
  return (uint16_t)~_mm_extract_epi16(least, 0);
}

/// The absolute maxima of a chunk. Returns the largest of them as bf16 bits, or 0 if any is 0.
static inline uint16_t chunk_maxima(const uint16_t *src, float *absmax) {
  uint16_t largest = 0, smallest = 0xFFFF;
  for (size_t b = 0; b < block_count; b++) {
    uint16_t bits = largest_magnitude(src + b * block_size);
    largest = bits > largest ? bits : largest;
    smallest = bits < smallest ? bits : smallest;
    absmax[b] = halftone_float((uint32_t)bits << 16);
  }
  return smallest == 0 ? 0 : largest;
}

typedef struct chunk_sums {
  __m256 xx[2], yy[2], ee[2], largest[2];
} chunk_sums;

/// Codes 0-7 and 8-15, in the order in which a negated code's low bits find them.
static inline void load_codebook(__m256 *low, __m256 *high) {
  const __m256i order = _mm256_setr_epi32(0, 7, 6, 5, 4, 3, 2, 1);
  *low = _mm256_permutevar8x32_ps(_mm256_loadu_ps(halftone_nf4_codebook), order);
  *high = _mm256_permutevar8x32_ps(_mm256_loadu_ps(halftone_nf4_codebook + 8), order);
}

static void quantize_chunk(const uint16_t *src, const float *absmax, uint8_t *codes,
                           halftone_error_sums *sums) {
  const nf4_tree tree = make_nf4_tree();
  const __m256 zero = _mm256_setzero_ps(), sign = _mm256_set1_ps(-0.0f);
  __m256 low, high;
  load_codebook(&low, &high);
  chunk_sums s = {{zero, zero}, {zero, zero}, {zero, zero}, {zero, zero}};
  for (size_t b = 0; b < block_count; b++) {
    const __m256 scale = _mm256_set1_ps(absmax[b]);
    const __m256 factor = _mm256_set1_ps(halftone_normalizer(absmax[b]));
    for (size_t i = b * block_size; i < (b + 1) * block_size; i += 32) {
      __m256 x[4], y[4];
      __m256i root[4], index[4];
      for (int k = 0; k < 4; k++) {
        __m128i words = _mm_loadu_si128((const __m128i *)(src + i + 8 * (size_t)k));
        x[k] = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(words), 16));
        y[k] = _mm256_mul_ps(x[k], factor);
      }
      descend_nf4(y, &tree, root, index);
      for (int k = 0; k < 4; k++) {
        __m256 value = _mm256_blendv_ps(_mm256_permutevar8x32_ps(low, index[k]),
                                        _mm256_permutevar8x32_ps(high, index[k]),
                                        _mm256_castsi256_ps(root[k]));
        __m256 restored = _mm256_mul_ps(value, scale), e = _mm256_sub_ps(x[k], restored);
        s.xx[k & 1] = _mm256_add_ps(s.xx[k & 1], _mm256_mul_ps(x[k], x[k]));
        s.yy[k & 1] = _mm256_add_ps(s.yy[k & 1], _mm256_mul_ps(restored, restored));
        s.ee[k & 1] = _mm256_add_ps(s.ee[k & 1], _mm256_mul_ps(e, e));
        s.largest[k & 1] = _mm256_max_ps(_mm256_andnot_ps(sign, e), s.largest[k & 1]);
      }
      __m256i bytes = negated_bytes(index[0], index[1], index[2], index[3]);
      _mm_storeu_si128((__m128i *)(codes + i / 2), pair_up(bytes));
    }
  }
  error_lanes lanes;
  for (int h = 0; h < 2; h++) {
    _mm256_storeu_ps(lanes.xx + 8 * h, s.xx[h]);
    _mm256_storeu_ps(lanes.yy + 8 * h, s.yy[h]);
    _mm256_storeu_ps(lanes.ee + 8 * h, s.ee[h]);
    _mm256_storeu_ps(lanes.largest + 8 * h, s.largest[h]);
  }
  error_lanes_finish(&lanes, sums);
}

int halftone_quantize_nf4_bf16_avx2(const uint16_t *src, size_t n, size_t block, float *absmax,
                                    uint8_t *codes, halftone_error_sums *sums) {
  size_t start = 0;
  for (; start < n; start += HALFTONE_SUM_CHUNK) {
    size_t count = halftone_smaller(HALFTONE_SUM_CHUNK, n - start);
    float *maxima = absmax + start / block;
    uint16_t largest = 0;
    if (block == block_size && count == HALFTONE_SUM_CHUNK) {
      largest = chunk_maxima(src + start, maxima);
    }
    if (largest >= 0x7F80) return 1;
    if (largest == 0) {
      if (chain(src + start, count, block, maxima, codes + start / 2, sums)) return 1;
    } else {
      quantize_chunk(src + start, maxima, codes + start / 2, sums);
    }
  }
  return 0;
}

HALFTONE_END
#endif
