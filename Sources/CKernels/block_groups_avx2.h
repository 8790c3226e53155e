// SPDX-License-Identifier: Apache-2.0
//
// Groups of eight small blocks, whose scales are computed together. Included inside
// HALFTONE_BEGIN_AVX2.

#ifndef HALFTONE_BLOCK_GROUPS_AVX2_H
#define HALFTONE_BLOCK_GROUPS_AVX2_H

#include "blocks.h"

enum { GROUP = 8, GROUP_WEIGHTS = GROUP * SMALL_BLOCK };

/// What eight blocks are encoded by.
typedef struct group_scales {
  float factor[GROUP];                    ///< 1 / scale, 0 for 0
  float lowest[GROUP];                    ///< the smallest weight
  float scale[GROUP], minimum[GROUP];     ///< as stored
  uint16_t scale_half[GROUP], minimum_half[GROUP];
} group_scales;

BLOCKS_INLINE __m256 all(float value) { return _mm256_set1_ps(value); }
BLOCKS_INLINE __m256 magnitude(__m256 x) { return _mm256_andnot_ps(all(-0.0f), x); }

/// Inverts and stores eight scales. Returns 0 where an inverse is infinite.
BLOCKS_INLINE int store_scales(__m256 scale, group_scales *group) {
  __m256 factor = all(1) / scale;
  __m256 is_zero = _mm256_cmp_ps(scale, all(0), _CMP_EQ_OQ);
  factor = _mm256_andnot_ps(is_zero, factor);
  __m256 is_infinite = _mm256_cmp_ps(magnitude(factor), all(INFINITY), _CMP_EQ_OQ);
  if (_mm256_movemask_ps(is_infinite) != 0) return 0;
  __m128i half = _mm256_cvtps_ph(scale, _MM_FROUND_TO_NEAREST_INT);
  _mm_storeu_si128((__m128i *)group->scale_half, half);
  _mm256_storeu_ps(group->scale, _mm256_cvtph_ps(half));
  _mm256_storeu_ps(group->factor, factor);
  return 1;
}

#endif
