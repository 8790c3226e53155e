// SPDX-License-Identifier: Apache-2.0
//
// 32 weights a step; search_avx2.h holds the search.

#include "kernels_internal.h"

#if defined(__x86_64__)
#include "kernels_x86.h"
#include "search_avx2.h"

HALFTONE_BEGIN_AVX2

/// Eight blocks of 64, the usual size, in one loop and with one division. Returns 0, having done
/// nothing, if the absmax of one is 0.
static inline int encode_nf4_eight(const float *src, const float *absmax, const nf4_tree *tree,
                                   uint8_t *codes) {
  __m256 maxima = _mm256_loadu_ps(absmax);
  __m256 zeros = _mm256_cmp_ps(maxima, _mm256_setzero_ps(), _CMP_EQ_OQ);
  if (_mm256_movemask_ps(zeros) != 0) return 0;
  // Maxps gives its second operand where the first is NaN: halftone_normalizer, eight times.
  __m256 raised = _mm256_max_ps(maxima, _mm256_set1_ps(1e-38f));
  float factors[8];
  _mm256_storeu_ps(factors, _mm256_div_ps(_mm256_set1_ps(1), raised));
  for (size_t step = 0; step < 16; step++) {
    __m256i bytes = search_nf4(src + 32 * step, _mm256_set1_ps(factors[step / 2]), tree);
    _mm_storeu_si128((__m128i *)(codes + 16 * step), pair_up(bytes));
  }
  return 1;
}

void halftone_encode_nf4_avx2(const float *src, size_t n, size_t block, const float *absmax,
                              uint8_t *codes) {
  // A block that starts inside a byte.
  if (block % 2 == 1) {
    halftone_encode_nf4_scalar(src, n, block, absmax, codes);
    return;
  }
  const nf4_tree tree = make_nf4_tree();
  size_t start = 0, b = 0;
  for (; block == 64 && start + 8 * 64 <= n; start += 8 * 64, b += 8) {
    if (!encode_nf4_eight(src + start, absmax + b, &tree, codes + start / 2)) break;
  }
  for (; start < n; start += block, b++) {
    const float *p = src + start;
    uint8_t *out = codes + start / 2;
    size_t count = halftone_smaller(block, n - start), i = 0;
    if (absmax[b] == 0) {
      memset(out, 0x77, (count + 1) / 2);
      continue;
    }
    const __m256 factor = _mm256_set1_ps(halftone_normalizer(absmax[b]));
    for (; i + 32 <= count; i += 32) {
      __m256i bytes = search_nf4(p + i, factor, &tree);
      _mm_storeu_si128((__m128i *)(out + i / 2), pair_up(bytes));
    }
    if (i < count) halftone_encode_nf4_scalar(p + i, count - i, block, absmax + b, out + i / 2);
  }
}

typedef struct fp4_tree {
  __m256 root, left, right, quarters;
} fp4_tree;

static inline fp4_tree make_fp4_tree(void) {
  float t[7];
  memcpy(t, halftone_fp4_thresholds, sizeof t);
  return (fp4_tree){
      .root = _mm256_set1_ps(t[3]),
      .left = _mm256_set1_ps(t[1]),
      .right = _mm256_set1_ps(t[5]),
      .quarters = _mm256_setr_ps(t[0], t[6], t[4], t[2], t[0], t[6], t[4], t[2]),
  };
}

/// Minus (the step of magnitude, plus 8 if negative) of eight normalized weights.
static inline __m256i search_fp4(__m256 y, const fp4_tree *tree) {
  __m256 magnitude = _mm256_andnot_ps(_mm256_set1_ps(-0.0f), y);
  __m256i m1 = greater(magnitude, tree->root);
  __m256 half = _mm256_blendv_ps(tree->left, tree->right, _mm256_castsi256_ps(m1));
  __m256i index = descend(m1, greater(magnitude, half));
  index = descend(index, greater(magnitude, _mm256_permutevar_ps(tree->quarters, index)));
  __m256i negative = greater(_mm256_setzero_ps(), y);
  return _mm256_add_epi32(index, _mm256_and_si256(negative, _mm256_set1_epi32(-8)));
}

void halftone_encode_fp4_avx2(const float *src, size_t n, size_t block, const float *absmax,
                              uint8_t *codes) {
  if (block % 2 == 1) {
    halftone_encode_fp4_scalar(src, n, block, absmax, codes);
    return;
  }
  const fp4_tree tree = make_fp4_tree();
  uint64_t steps;
  memcpy(&steps, halftone_fp4_codes, sizeof steps);
  const __m256i code_of_step = _mm256_broadcastsi128_si256(
      _mm_set_epi64x((long long)(steps | 0x0808080808080808), (long long)steps));
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    const float *p = src + start;
    uint8_t *out = codes + start / 2;
    size_t count = halftone_smaller(block, n - start), i = 0;
    if (absmax[b] == 0) {
      memset(out, 0, (count + 1) / 2);
      continue;
    }
    const __m256 factor = _mm256_set1_ps(halftone_normalizer(absmax[b]));
    for (; i + 32 <= count; i += 32) {
      __m256i c0 = search_fp4(_mm256_mul_ps(_mm256_loadu_ps(p + i), factor), &tree);
      __m256i c1 = search_fp4(_mm256_mul_ps(_mm256_loadu_ps(p + i + 8), factor), &tree);
      __m256i c2 = search_fp4(_mm256_mul_ps(_mm256_loadu_ps(p + i + 16), factor), &tree);
      __m256i c3 = search_fp4(_mm256_mul_ps(_mm256_loadu_ps(p + i + 24), factor), &tree);
      __m256i bytes = _mm256_shuffle_epi8(code_of_step, negated_bytes(c0, c1, c2, c3));
      _mm_storeu_si128((__m128i *)(out + i / 2), pair_up(bytes));
    }
    if (i < count) halftone_encode_fp4_scalar(p + i, count - i, block, absmax + b, out + i / 2);
  }
}

/// Maxps and minps give their second operand where the first is NaN, as the scalar code does.
static inline __m256 clamp(__m256 x, float low, float high) {
  return _mm256_min_ps(_mm256_max_ps(x, _mm256_set1_ps(low)), _mm256_set1_ps(high));
}

static inline __m256i int8_codes(const float *src, __m256 multiplier) {
  return _mm256_cvtps_epi32(clamp(_mm256_mul_ps(_mm256_loadu_ps(src), multiplier), -127, 127));
}

void halftone_encode_int8_avx2(const float *src, size_t n, size_t block, const float *multipliers,
                               int8_t *codes) {
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    const float *p = src + start;
    int8_t *out = codes + start;
    size_t count = halftone_smaller(block, n - start), i = 0;
    const __m256 multiplier = _mm256_set1_ps(multipliers[b]);
    for (; i + 32 <= count; i += 32) {
      __m256i ab = _mm256_packs_epi32(int8_codes(p + i, multiplier),
                                      int8_codes(p + i + 8, multiplier));
      __m256i cd = _mm256_packs_epi32(int8_codes(p + i + 16, multiplier),
                                      int8_codes(p + i + 24, multiplier));
      __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_packs_epi16(ab, cd), order);
      _mm256_storeu_si256((__m256i *)(out + i), bytes);
    }
    if (i < count) {
      halftone_encode_int8_scalar(p + i, count - i, block, multipliers + b, out + i);
    }
  }
}

static inline __m256i uint4_codes(const float *src, __m256 multiplier, __m256 zero) {
  __m256 rounded = _mm256_round_ps(_mm256_mul_ps(_mm256_loadu_ps(src), multiplier),
                                   _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  return _mm256_cvtps_epi32(clamp(_mm256_add_ps(rounded, zero), 0, 15));
}

void halftone_encode_uint4_avx2(const float *src, size_t n, size_t block, const float *multipliers,
                                const float *zeros, uint8_t *codes) {
  if (block % 2 == 1) {
    halftone_encode_uint4_scalar(src, n, block, multipliers, zeros, codes);
    return;
  }
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    const float *p = src + start;
    uint8_t *out = codes + start / 2;
    size_t count = halftone_smaller(block, n - start), i = 0;
    const __m256 multiplier = _mm256_set1_ps(multipliers[b]);
    const __m256 zero = _mm256_set1_ps(zeros[b]);
    for (; i + 32 <= count; i += 32) {
      __m256i ab = _mm256_packs_epi32(uint4_codes(p + i, multiplier, zero),
                                      uint4_codes(p + i + 8, multiplier, zero));
      __m256i cd = _mm256_packs_epi32(uint4_codes(p + i + 16, multiplier, zero),
                                      uint4_codes(p + i + 24, multiplier, zero));
      _mm_storeu_si128((__m128i *)(out + i / 2), pair_up(_mm256_packs_epi16(ab, cd)));
    }
    if (i < count) {
      halftone_encode_uint4_scalar(p + i, count - i, block, multipliers + b, zeros + b,
                                   out + i / 2);
    }
  }
}

HALFTONE_END
#endif
