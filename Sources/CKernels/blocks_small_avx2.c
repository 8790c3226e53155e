// SPDX-License-Identifier: Apache-2.0
//
// The encoders of small blocks with vectors of eight: a block is four of them, and the scales of eight
// blocks are computed together. Blocks beyond a multiple of eight, and groups with a scale so small
// that its inverse is infinite, are left to the definition.

#include "kernels_internal.h"

#if defined(__x86_64__)
#include "kernels_x86.h"

HALFTONE_BEGIN_AVX2

#include "block_groups_avx2.h"
#include "blocks_mxfp4.h"

// MARK: - Extremes

BLOCKS_INLINE __m256 smallest(__m256 a, __m256 b) { return _mm256_min_ps(a, b); }
BLOCKS_INLINE __m256 largest(__m256 a, __m256 b) { return _mm256_max_ps(a, b); }

/// Lane k of the result is what `pick` leaves of the lanes of v[k]: a transposition that picks at each
/// step, cheaper than eight reductions.
#define FOLD_EIGHT(pick, v)                                                                        \
  fold_halves(pick, fold_pairs(pick, fold_lanes(pick, v[0], v[1]), fold_lanes(pick, v[2], v[3])),  \
              fold_pairs(pick, fold_lanes(pick, v[4], v[5]), fold_lanes(pick, v[6], v[7])))
#define fold_lanes(pick, a, b) pick(_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b))
#define fold_pairs(pick, a, b) fold_pairs_##pick(a, b)
#define fold_halves(pick, a, b) fold_halves_##pick(a, b)
#define DEFINE_FOLDS(pick)                                                                         \
  BLOCKS_INLINE __m256 fold_pairs_##pick(__m256 a, __m256 b) {                                     \
    return pick(_mm256_shuffle_ps(a, b, 0x44), _mm256_shuffle_ps(a, b, 0xEE));                     \
  }                                                                                                \
  BLOCKS_INLINE __m256 fold_halves_##pick(__m256 a, __m256 b) {                                    \
    return pick(_mm256_permute2f128_ps(a, b, 0x20), _mm256_permute2f128_ps(a, b, 0x31));           \
  }
DEFINE_FOLDS(smallest)
DEFINE_FOLDS(largest)

/// The smallest and the largest weight of each of eight blocks.
BLOCKS_INLINE void group_extremes(const float *src, __m256 *low, __m256 *high) {
  __m256 lows[GROUP], highs[GROUP];
  for (int b = 0; b < GROUP; b++) {
    const float *x = src + b * SMALL_BLOCK;
    __m256 a = _mm256_loadu_ps(x), c = _mm256_loadu_ps(x + 8);
    __m256 e = _mm256_loadu_ps(x + 16), g = _mm256_loadu_ps(x + 24);
    lows[b] = smallest(smallest(a, c), smallest(e, g));
    highs[b] = largest(largest(a, c), largest(e, g));
  }
  *low = FOLD_EIGHT(smallest, lows);
  *high = FOLD_EIGHT(largest, highs);
}

/// The first of 32 weights that equals, in magnitude where `ignores_sign`, a value that occurs.
BLOCKS_INLINE float first_equal(const float *x, float value, int ignores_sign) {
  for (int k = 0; k < 4; k++) {
    __m256 v = _mm256_loadu_ps(x + 8 * k);
    int mask = _mm256_movemask_ps(
        _mm256_cmp_ps(ignores_sign ? magnitude(v) : v, all(value), _CMP_EQ_OQ));
    if (mask != 0) return x[8 * k + __builtin_ctz((unsigned)mask)];
  }
  return value;
}

// MARK: - Scales

/// Scales by which the weight with the largest magnitude gets code 0 and zero the code `middle`.
BLOCKS_INLINE int scales_of_extremes(const float *src, int middle, group_scales *group) {
  __m256 low, high;
  group_extremes(src, &low, &high);
  __m256 negated = _mm256_xor_ps(low, all(-0.0f));
  __m256 extreme = _mm256_blendv_ps(low, high, _mm256_cmp_ps(high, negated, _CMP_GT_OQ));
  unsigned ties = (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(high, negated, _CMP_EQ_OQ));
  if (ties != 0) {
    float lanes[GROUP];
    _mm256_storeu_ps(lanes, extreme);
    for (; ties != 0; ties &= ties - 1) {
      int b = __builtin_ctz(ties);
      float size = fabsf(lanes[b]);
      lanes[b] = size == 0 ? 0 : first_equal(src + b * SMALL_BLOCK, size, 1);
    }
    extreme = _mm256_loadu_ps(lanes);
  }
  return store_scales(extreme / all((float)-middle), group);
}

/// Scales and minima by which the smallest weight gets code 0 and the largest one `most`.
BLOCKS_INLINE int scales_of_ranges(const float *src, int most, group_scales *group) {
  __m256 low, high;
  group_extremes(src, &low, &high);
  _mm256_storeu_ps(group->lowest, low);
  // Of zeros the first one's sign counts.
  unsigned zeros = (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(low, all(0), _CMP_EQ_OQ));
  for (; zeros != 0; zeros &= zeros - 1) {
    int b = __builtin_ctz(zeros);
    group->lowest[b] = first_equal(src + b * SMALL_BLOCK, 0, 0);
  }
  __m128i half = _mm256_cvtps_ph(_mm256_loadu_ps(group->lowest), _MM_FROUND_TO_NEAREST_INT);
  _mm_storeu_si128((__m128i *)group->minimum_half, half);
  _mm256_storeu_ps(group->minimum, _mm256_cvtph_ps(half));
  return store_scales((high - low) / all((float)most), group);
}

// MARK: - Codes

/// 32 codes of a byte, in order.
BLOCKS_INLINE __m256i code_bytes(const __m256i codes[4]) {
  __m256i low = _mm256_packs_epi32(codes[0], codes[1]), high = _mm256_packs_epi32(codes[2], codes[3]);
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  return _mm256_permutevar8x32_epi32(_mm256_packs_epi16(low, high), order);
}

/// Two codes to a byte: the first 16 in the low halves.
BLOCKS_INLINE void store_nibbles(__m256i bytes, uint8_t *dst) {
  bytes = _mm256_and_si256(bytes, _mm256_set1_epi8(15));
  __m128i low = _mm256_castsi256_si128(bytes), high = _mm256_extracti128_si256(bytes, 1);
  _mm_storeu_si128((__m128i *)dst, _mm_or_si128(low, _mm_slli_epi16(high, 4)));
}

/// The fifth bit of each code.
BLOCKS_INLINE void store_fifth_bits(__m256i bytes, uint8_t *dst) {
  int bits = _mm256_movemask_epi8(_mm256_slli_epi16(bytes, 3));
  memcpy(dst, &bits, 4);
}

/// The codes of block b of a group by its scale.
BLOCKS_INLINE __m256i scaled_codes(const float *x, const group_scales *group, int b, int middle,
                                   uint8_t *dst, float *restored) {
  const __m256 factor = all(group->factor[b]), scale = all(group->scale[b]);
  __m256i codes[4];
  memcpy(dst, &group->scale_half[b], 2);
  for (int k = 0; k < 4; k++) {
    __m256 value = _mm256_loadu_ps(x + 8 * k) * factor + all((float)middle + 0.5f);
    codes[k] = _mm256_min_epi32(_mm256_cvttps_epi32(value), _mm256_set1_epi32(2 * middle - 1));
    __m256i offset = _mm256_sub_epi32(codes[k], _mm256_set1_epi32(middle));
    _mm256_storeu_ps(restored + 8 * k, _mm256_cvtepi32_ps(offset) * scale);
  }
  return code_bytes(codes);
}

/// The codes of block b of a group by its scale and minimum.
BLOCKS_INLINE __m256i ranged_codes(const float *x, const group_scales *group, int b, int most,
                                   uint8_t *dst, float *restored) {
  const __m256 factor = all(group->factor[b]), lowest = all(group->lowest[b]);
  const __m256 scale = all(group->scale[b]), minimum = all(group->minimum[b]);
  __m256i codes[4];
  memcpy(dst, &group->scale_half[b], 2);
  memcpy(dst + 2, &group->minimum_half[b], 2);
  for (int k = 0; k < 4; k++) {
    __m256 value = (_mm256_loadu_ps(x + 8 * k) - lowest) * factor + all(0.5f);
    codes[k] = _mm256_min_epi32(_mm256_cvttps_epi32(value), _mm256_set1_epi32(most));
    _mm256_storeu_ps(restored + 8 * k, scale * _mm256_cvtepi32_ps(codes[k]) + minimum);
  }
  return code_bytes(codes);
}

/// Encodes groups of eight blocks: `scales` fills `group` or says 0, `block` encodes block b of it
/// from `x` to `out` and `weights`.
#define FOR_EACH_GROUP(type, byte_count, scales, block)                                            \
  size_t done = 0;                                                                                 \
  for (; done + GROUP <= blocks; done += GROUP, src += GROUP_WEIGHTS, restored += GROUP_WEIGHTS) { \
    group_scales group;                                                                            \
    if (scales) {                                                                                  \
      for (int b = 0; b < GROUP; b++) {                                                            \
        const float *x = src + b * SMALL_BLOCK;                                                    \
        float *weights = restored + b * SMALL_BLOCK;                                               \
        uint8_t *out = dst + b * byte_count;                                                       \
        block;                                                                                     \
      }                                                                                            \
    } else {                                                                                       \
      halftone_encode_##type##_scalar(src, GROUP, dst, restored);                                  \
    }                                                                                              \
    dst += GROUP * byte_count;                                                                     \
  }                                                                                                \
  halftone_encode_##type##_scalar(src, blocks - done, dst, restored);

// MARK: - Types

void halftone_encode_q4_0_avx2(const float *src, size_t blocks, uint8_t *dst, float *restored) {
  FOR_EACH_GROUP(q4_0, Q4_0_BYTES, scales_of_extremes(src, 8, &group),
                 store_nibbles(scaled_codes(x, &group, b, 8, out, weights), out + 2))
}

void halftone_encode_q4_1_avx2(const float *src, size_t blocks, uint8_t *dst, float *restored) {
  FOR_EACH_GROUP(q4_1, Q4_1_BYTES, scales_of_ranges(src, 15, &group),
                 store_nibbles(ranged_codes(x, &group, b, 15, out, weights), out + 4))
}

void halftone_encode_q5_0_avx2(const float *src, size_t blocks, uint8_t *dst, float *restored) {
  FOR_EACH_GROUP(q5_0, Q5_0_BYTES, scales_of_extremes(src, 16, &group), {
    __m256i bytes = scaled_codes(x, &group, b, 16, out, weights);
    store_fifth_bits(bytes, out + 2);
    store_nibbles(bytes, out + 6);
  })
}

void halftone_encode_q5_1_avx2(const float *src, size_t blocks, uint8_t *dst, float *restored) {
  FOR_EACH_GROUP(q5_1, Q5_1_BYTES, scales_of_ranges(src, 31, &group), {
    __m256i bytes = ranged_codes(x, &group, b, 31, out, weights);
    store_fifth_bits(bytes, out + 4);
    store_nibbles(bytes, out + 8);
  })
}

BLOCKS_INLINE int scales_of_magnitudes(const float *src, group_scales *group) {
  __m256 low, high;
  group_extremes(src, &low, &high);
  return store_scales(largest(magnitude(low), magnitude(high)) / all(127), group);
}

/// The codes of block b of a group, of a byte each: rounded, halves away from zero.
BLOCKS_INLINE void byte_codes(const float *x, const group_scales *group, int b, uint8_t *dst,
                              float *restored) {
  const __m256 factor = all(group->factor[b]), scale = all(group->scale[b]);
  // The number just below a half: half itself would take its neighbour below over the edge.
  const __m256 half = all(0x1.fffffep-2f);
  __m256i codes[4];
  memcpy(dst, &group->scale_half[b], 2);
  for (int k = 0; k < 4; k++) {
    __m256 value = _mm256_loadu_ps(x + 8 * k) * factor;
    __m256 addend = _mm256_or_ps(half, _mm256_and_ps(value, all(-0.0f)));
    codes[k] = _mm256_cvttps_epi32(value + addend);
    _mm256_storeu_ps(restored + 8 * k, _mm256_cvtepi32_ps(codes[k]) * scale);
  }
  _mm256_storeu_si256((__m256i *)(dst + 2), code_bytes(codes));
}

void halftone_encode_q8_0_avx2(const float *src, size_t blocks, uint8_t *dst, float *restored) {
  FOR_EACH_GROUP(q8_0, Q8_0_BYTES, scales_of_magnitudes(src, &group),
                 byte_codes(x, &group, b, out, weights))
}

/// The largest magnitude of each of eight blocks, in `factor`.
BLOCKS_INLINE int largest_magnitudes(const float *src, group_scales *group) {
  __m256 low, high;
  group_extremes(src, &low, &high);
  _mm256_storeu_ps(group->factor, largest(magnitude(low), magnitude(high)));
  return 1;
}

BLOCKS_INLINE void mxfp4_codes(const float *x, float largest_weight, uint8_t *dst,
                               float *restored) {
  const __m256 magnitudes = _mm256_loadu_ps(mxfp4_magnitudes);
  dst[0] = mxfp4_power(largest_weight);
  float scale = mxfp4_scale(dst[0]), bounds[7];
  mxfp4_bounds(scale, bounds);
  __m256i codes[4];
  for (int i = 0; i < 4; i++) {
    __m256 value = _mm256_loadu_ps(x + 8 * i), size = magnitude(value);
    __m256i code = _mm256_setzero_si256();
    for (int k = 0; k < 7; k++) {
      __m256 above = _mm256_cmp_ps(all(bounds[k]), size, _CMP_LT_OQ);
      code = _mm256_sub_epi32(code, _mm256_castps_si256(above));
    }
    __m256i is_zero = _mm256_cmpeq_epi32(code, _mm256_setzero_si256());
    __m256 is_negative = _mm256_andnot_ps(_mm256_castsi256_ps(is_zero),
                                          _mm256_cmp_ps(value, all(0), _CMP_LT_OQ));
    __m256 rounded = _mm256_permutevar8x32_ps(magnitudes, code);
    rounded = _mm256_xor_ps(rounded, _mm256_and_ps(is_negative, all(-0.0f)));
    _mm256_storeu_ps(restored + 8 * i, all(scale) * rounded);
    codes[i] = _mm256_or_si256(
        code, _mm256_and_si256(_mm256_castps_si256(is_negative), _mm256_set1_epi32(8)));
  }
  store_nibbles(code_bytes(codes), dst + 1);
}

void halftone_encode_mxfp4_avx2(const float *src, size_t blocks, uint8_t *dst, float *restored) {
  FOR_EACH_GROUP(mxfp4, MXFP4_BYTES, largest_magnitudes(src, &group),
                 mxfp4_codes(x, group.factor[b], out, weights))
}

HALFTONE_END
#endif
