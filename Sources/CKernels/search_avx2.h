// SPDX-License-Identifier: Apache-2.0
//
// The binary search of the 4-bit codebooks. Each comparison gives 0 or -1 a lane, and
// `index = 2 * index + mask` collects minus the code. Permutations read an index's low bits, in which
// -k is 8 - k (or 4 - k), so the thresholds are laid out in that order.

#ifndef HALFTONE_SEARCH_AVX2_H
#define HALFTONE_SEARCH_AVX2_H

#include "kernels_x86.h"

HALFTONE_BEGIN_AVX2

static inline __m256i greater(__m256 y, __m256 t) {
  return _mm256_castps_si256(_mm256_cmp_ps(y, t, _CMP_GT_OQ));
}

/// 2 * index + mask
static inline __m256i descend(__m256i index, __m256i mask) {
  return _mm256_add_epi32(_mm256_add_epi32(index, index), mask);
}

/// Four vectors of eight 32-bit codes in -15...0, weights in order, to bytes 0...15. The bytes of
/// lane 0 are those of weights 0-3, 8-11, 16-19 and 24-27.
static inline __m256i negated_bytes(__m256i a, __m256i b, __m256i c, __m256i d) {
  __m256i words = _mm256_packs_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
  return _mm256_sub_epi8(_mm256_setzero_si256(), words);
}

/// 32 such bytes to 16 of two codes each, in the order of the weights.
static inline __m128i pair_up(__m256i bytes) {
  __m256i pairs = _mm256_maddubs_epi16(bytes, _mm256_set1_epi16(0x0110));
  __m128i packed = _mm_packus_epi16(_mm256_castsi256_si128(pairs),
                                    _mm256_extracti128_si256(pairs, 1));
  return _mm_shuffle_epi8(
      packed, _mm_setr_epi8(0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15));
}

typedef struct nf4_tree {
  __m256 root, left, right, quarters, eighths;
} nf4_tree;

static inline nf4_tree make_nf4_tree(void) {
  float t[15];
  memcpy(t, halftone_nf4_thresholds, sizeof t);
  return (nf4_tree){
      .root = _mm256_set1_ps(t[7]),
      .left = _mm256_set1_ps(t[3]),
      .right = _mm256_set1_ps(t[11]),
      .quarters = _mm256_setr_ps(t[1], t[13], t[9], t[5], t[1], t[13], t[9], t[5]),
      .eighths = _mm256_setr_ps(t[0], t[14], t[12], t[10], t[8], t[6], t[4], t[2]),
  };
}

/// Minus the codes of four vectors of normalized weights, and which of them are 8 or more. The four
/// searches advance together: each is a chain of dependent instructions, and one after the other they
/// would fill the processor's queue with instructions that wait.
static inline void descend_nf4(const __m256 y[4], const nf4_tree *tree, __m256i root[4],
                               __m256i index[4]) {
  for (int k = 0; k < 4; k++) root[k] = greater(y[k], tree->root);
  for (int k = 0; k < 4; k++) {
    __m256 half = _mm256_blendv_ps(tree->left, tree->right, _mm256_castsi256_ps(root[k]));
    index[k] = descend(root[k], greater(y[k], half));
  }
  for (int k = 0; k < 4; k++) {
    __m256 quarter = _mm256_permutevar_ps(tree->quarters, index[k]);
    index[k] = descend(index[k], greater(y[k], quarter));
  }
  for (int k = 0; k < 4; k++) {
    __m256 eighth = _mm256_permutevar8x32_ps(tree->eighths, index[k]);
    index[k] = descend(index[k], greater(y[k], eighth));
  }
}

/// Minus the codes of 32 weights, in bytes as negated_bytes orders them, negated.
static inline __m256i search_nf4(const float *src, __m256 factor, const nf4_tree *tree) {
  __m256 y[4];
  __m256i index[4], root[4];
  for (int k = 0; k < 4; k++) y[k] = _mm256_mul_ps(_mm256_loadu_ps(src + 8 * k), factor);
  descend_nf4(y, tree, root, index);
  return negated_bytes(index[0], index[1], index[2], index[3]);
}

HALFTONE_END

#endif
