// SPDX-License-Identifier: Apache-2.0
//
// Activations rounded to signed bytes: the same numbers as the portable code gives, eight at a time.

#include "products_internal.h"

#if defined(__x86_64__)
#include "kernels_x86.h"

#define INLINE static inline __attribute__((always_inline))

HALFTONE_BEGIN_AVX2

INLINE int largest_of(__m256i v) {
  __m128i half = _mm_max_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  half = _mm_max_epi32(half, _mm_shuffle_epi32(half, 0x4E));
  return _mm_cvtsi128_si32(_mm_max_epi32(half, _mm_shuffle_epi32(half, 0xB1)));
}

/// The codes of a group in their order, and their step.
INLINE __m256i round_group(const float *x, float *step) {
  const __m256i magnitude = _mm256_set1_epi32((int)HALFTONE_MAGNITUDE_MASK);
  __m256 v[4];
  __m256i largest = _mm256_setzero_si256();
  for (int i = 0; i < 4; i++) {
    v[i] = _mm256_loadu_ps(x + 8 * i);
    largest = _mm256_max_epi32(largest, _mm256_and_si256(_mm256_castps_si256(v[i]), magnitude));
  }
  *step = halftone_state_step((uint32_t)largest_of(largest));
  const __m256 factor = _mm256_set1_ps(*step > 0 ? 1 / *step : 0);
  __m256i whole[4];
  for (int i = 0; i < 4; i++) {
    __m256 code = _mm256_mul_ps(v[i], factor);
    code = _mm256_round_ps(code, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    code = _mm256_min_ps(_mm256_max_ps(code, _mm256_set1_ps(-127)), _mm256_set1_ps(127));
    whole[i] = _mm256_cvtps_epi32(code);
  }
  const __m256i bytes = _mm256_packs_epi16(_mm256_packs_epi32(whole[0], whole[1]),
                                           _mm256_packs_epi32(whole[2], whole[3]));
  return _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

INLINE int sum_of_bytes(__m256i codes) {
  const __m256i pairs = _mm256_maddubs_epi16(_mm256_set1_epi8(1), codes);
  const __m256i fours = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
  __m128i half = _mm_add_epi32(_mm256_castsi256_si128(fours), _mm256_extracti128_si256(fours, 1));
  half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4E));
  return _mm_cvtsi128_si32(_mm_add_epi32(half, _mm_shuffle_epi32(half, 0xB1)));
}

/// Codes of even place in the lower lane, those of odd place in the upper one.
INLINE __m256i unzip(__m256i codes) {
  const __m256i order = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15));
  return _mm256_permute4x64_epi64(_mm256_shuffle_epi8(codes, order), 0xD8);
}

void halftone_quantize_state_avx2(const halftone_coded_rows *weights, const float *x, void *start) {
  const halftone_state state = halftone_state_at(start, weights->columns);
  const int is_four_bit = halftone_is_four_bit(weights->kind);
  const int has_sums = weights->block % HALFTONE_STATE_GROUP == 0;
  const int is_whole = halftone_has_whole_groups(weights) && (is_four_bit || has_sums);
  if (!is_whole && !halftone_has_half_groups(weights)) {
    halftone_round_state(weights, x, state);
    return;
  }
  const size_t groups = halftone_arranged_count(weights->columns) / HALFTONE_STATE_GROUP;
  const size_t whole = weights->columns / HALFTONE_STATE_GROUP;
  const size_t groups_per_block = weights->block / HALFTONE_STATE_GROUP;
  __m256i before = _mm256_setzero_si256();
  for (size_t g = 0; g < groups; g++) {
    float step = 0;
    __m256i codes = _mm256_setzero_si256();
    if (g < whole) codes = round_group(x + g * HALFTONE_STATE_GROUP, &step);
    _mm_storeu_ps(state.steps + 4 * g, _mm_set1_ps(step));
    __m256i *place = (__m256i *)(void *)(state.codes + g * HALFTONE_STATE_GROUP);
    if (!is_four_bit) {
      _mm256_storeu_si256(place, codes);
    } else if (g % 2 == 0) {
      before = unzip(codes);
    } else {
      // The nibbles of 32 bytes come as those of even place and those of odd place.
      const __m256i after = unzip(codes);
      _mm256_storeu_si256(place - 1, _mm256_permute2x128_si256(before, after, 0x20));
      _mm256_storeu_si256(place, _mm256_permute2x128_si256(before, after, 0x31));
    }
    if (g >= whole || !has_sums) continue;
    float *sum = state.sums + g / groups_per_block;
    const float share = (float)sum_of_bytes(codes) * step;
    *sum = g % groups_per_block == 0 ? share : *sum + share;
  }
}

HALFTONE_END
#endif
