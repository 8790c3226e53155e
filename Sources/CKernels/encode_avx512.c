// SPDX-License-Identifier: Apache-2.0
//
// 16 weights a step. The thresholds stand in one register as a binary tree in the order of a heap:
// node 1 is the root and the children of node k are 2k and 2k + 1, so that a search that ends at
// node k has found code k - 16 (k - 8 for the magnitudes of FP4).

#include "kernels_internal.h"

#if defined(__x86_64__)
#include "kernels_x86.h"

HALFTONE_BEGIN_AVX512

/// One step down the tree from each lane's node.
static inline __m512i descend(__m512i node, __m512 y, __m512 tree) {
  __m512 threshold = _mm512_permutexvar_ps(node, tree);
  __mmask16 greater = _mm512_cmp_ps_mask(y, threshold, _CMP_GT_OQ);
  __m512i child = _mm512_add_epi32(node, node);
  return _mm512_mask_add_epi32(child, greater, child, _mm512_set1_epi32(1));
}

/// 16 codes in 0...15 to eight bytes of two each.
static inline void store_pairs(uint8_t *dst, __m512i codes) {
  // In each 64-bit lane the first weight is the low half.
  __m512i pairs = _mm512_or_si512(_mm512_slli_epi64(codes, 4), _mm512_srli_epi64(codes, 32));
  _mm_storel_epi64((__m128i *)dst, _mm512_cvtepi64_epi8(pairs));
}

static inline __m512i search_nf4(__m512 y, __m512 tree) {
  __m512i node = _mm512_set1_epi32(1);
  for (int level = 0; level < 4; level++) node = descend(node, y, tree);
  return _mm512_and_si512(node, _mm512_set1_epi32(15));
}

void halftone_encode_nf4_avx512(const float *src, size_t n, size_t block, const float *absmax,
                                uint8_t *codes) {
  // A block that starts inside a byte.
  if (block % 2 == 1) {
    halftone_encode_nf4_scalar(src, n, block, absmax, codes);
    return;
  }
  float t[15];
  memcpy(t, halftone_nf4_thresholds, sizeof t);
  const __m512 tree = _mm512_setr_ps(0, t[7], t[3], t[11], t[1], t[5], t[9], t[13], t[0], t[2],
                                     t[4], t[6], t[8], t[10], t[12], t[14]);
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    const float *p = src + start;
    uint8_t *out = codes + start / 2;
    size_t count = halftone_smaller(block, n - start), i = 0;
    if (absmax[b] == 0) {
      memset(out, 0x77, (count + 1) / 2);
      continue;
    }
    const __m512 factor = _mm512_set1_ps(halftone_normalizer(absmax[b]));
    for (; i + 32 <= count; i += 32) {
      __m512i low = search_nf4(_mm512_mul_ps(_mm512_loadu_ps(p + i), factor), tree);
      __m512i high = search_nf4(_mm512_mul_ps(_mm512_loadu_ps(p + i + 16), factor), tree);
      store_pairs(out + i / 2, low);
      store_pairs(out + i / 2 + 8, high);
    }
    if (i < count) halftone_encode_nf4_scalar(p + i, count - i, block, absmax + b, out + i / 2);
  }
}

/// `codes` maps steps to codes, and from 8 on to the same with the sign.
static inline __m512i search_fp4(__m512 y, __m512 tree, __m512i codes) {
  __m512 magnitude = _mm512_castsi512_ps(_mm512_and_si512(
      _mm512_castps_si512(y), _mm512_set1_epi32((int)HALFTONE_MAGNITUDE_MASK)));
  __m512i node = _mm512_set1_epi32(1);
  for (int level = 0; level < 3; level++) node = descend(node, magnitude, tree);
  // Node 8 + step; for a negative weight the entry after the next eight.
  __mmask16 negative = _mm512_cmp_ps_mask(y, _mm512_setzero_ps(), _CMP_LT_OQ);
  node = _mm512_mask_add_epi32(node, negative, node, _mm512_set1_epi32(8));
  return _mm512_permutexvar_epi32(node, codes);
}

void halftone_encode_fp4_avx512(const float *src, size_t n, size_t block, const float *absmax,
                                uint8_t *codes) {
  if (block % 2 == 1) {
    halftone_encode_fp4_scalar(src, n, block, absmax, codes);
    return;
  }
  float t[7];
  memcpy(t, halftone_fp4_thresholds, sizeof t);
  const __m512 tree = _mm512_setr_ps(0, t[3], t[1], t[5], t[0], t[2], t[4], t[6], 0, 0, 0, 0, 0, 0,
                                     0, 0);
  // Permutations read four bits of the node: 8 + step is itself, 16 + step is step.
  int32_t by_node[16];
  for (int step = 0; step < 8; step++) {
    by_node[8 + step] = halftone_fp4_codes[step];
    by_node[step] = halftone_fp4_codes[step] | 8;
  }
  const __m512i code_of_node = _mm512_loadu_si512(by_node);
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    const float *p = src + start;
    uint8_t *out = codes + start / 2;
    size_t count = halftone_smaller(block, n - start), i = 0;
    if (absmax[b] == 0) {
      memset(out, 0, (count + 1) / 2);
      continue;
    }
    const __m512 factor = _mm512_set1_ps(halftone_normalizer(absmax[b]));
    for (; i + 16 <= count; i += 16) {
      __m512 y = _mm512_mul_ps(_mm512_loadu_ps(p + i), factor);
      store_pairs(out + i / 2, search_fp4(y, tree, code_of_node));
    }
    if (i < count) halftone_encode_fp4_scalar(p + i, count - i, block, absmax + b, out + i / 2);
  }
}

/// Maxps and minps give their second operand where the first is NaN, as the scalar code does.
static inline __m512 clamp(__m512 x, float low, float high) {
  return _mm512_min_ps(_mm512_max_ps(x, _mm512_set1_ps(low)), _mm512_set1_ps(high));
}

void halftone_encode_int8_avx512(const float *src, size_t n, size_t block,
                                 const float *multipliers, int8_t *codes) {
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    const float *p = src + start;
    int8_t *out = codes + start;
    size_t count = halftone_smaller(block, n - start), i = 0;
    const __m512 multiplier = _mm512_set1_ps(multipliers[b]);
    for (; i + 16 <= count; i += 16) {
      __m512 scaled = _mm512_mul_ps(_mm512_loadu_ps(p + i), multiplier);
      __m512i code = _mm512_cvtps_epi32(clamp(scaled, -127, 127));
      _mm_storeu_si128((__m128i *)(out + i), _mm512_cvtepi32_epi8(code));
    }
    if (i < count) {
      halftone_encode_int8_scalar(p + i, count - i, block, multipliers + b, out + i);
    }
  }
}

void halftone_encode_uint4_avx512(const float *src, size_t n, size_t block,
                                  const float *multipliers, const float *zeros, uint8_t *codes) {
  if (block % 2 == 1) {
    halftone_encode_uint4_scalar(src, n, block, multipliers, zeros, codes);
    return;
  }
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    const float *p = src + start;
    uint8_t *out = codes + start / 2;
    size_t count = halftone_smaller(block, n - start), i = 0;
    const __m512 multiplier = _mm512_set1_ps(multipliers[b]), zero = _mm512_set1_ps(zeros[b]);
    for (; i + 16 <= count; i += 16) {
      __m512 scaled = _mm512_mul_ps(_mm512_loadu_ps(p + i), multiplier);
      // Scale 0 in the upper half of the immediate: rounds to whole numbers.
      __m512 rounded = _mm512_roundscale_ps(scaled, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
      store_pairs(out + i / 2, _mm512_cvtps_epi32(clamp(_mm512_add_ps(rounded, zero), 0, 15)));
    }
    if (i < count) {
      halftone_encode_uint4_scalar(p + i, count - i, block, multipliers + b, zeros + b,
                                   out + i / 2);
    }
  }
}

HALFTONE_END
#endif
