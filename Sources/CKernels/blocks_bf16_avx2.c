// SPDX-License-Identifier: Apache-2.0
//
// Q4_0 and Q8_0 from bf16 weights in one pass: extremes are found among integers, and a weight is
// widened, encoded, restored and counted without leaving the registers. Whatever is not a whole chunk of
// error_sums, or has a weight that is not finite or a scale so small that its inverse is not, goes
// through the chain of kernels.

#include "blocks_chain.h"

#if defined(__x86_64__)
#include "kernels_x86.h"

static HALFTONE_DEFINE_BLOCK_CHAIN(q4_0_chain, q4_0, Q4_0_BYTES, avx2, avx2)
static HALFTONE_DEFINE_BLOCK_CHAIN(q8_0_chain, q8_0, Q8_0_BYTES, avx2, avx2)

HALFTONE_BEGIN_AVX2

#include "block_groups_avx2.h"
#include "pair_sums_avx2.h"

enum {
  CHUNK_BLOCKS = HALFTONE_SUM_CHUNK / SMALL_BLOCK,
  CHUNK_GROUPS = CHUNK_BLOCKS / GROUP,
  INFINITY_BF16 = 0x7F80,
};

// MARK: - Extremes

#define DEFINE_FOLD_EIGHT(name, pick)                                                              \
  /* Lane k of the result is what `pick` leaves of the lanes of v[k]. */                           \
  BLOCKS_INLINE __m128i name(const __m256i v[GROUP]) {                                             \
    __m256i two[4], four[2], eight;                                                                \
    for (int k = 0; k < 4; k++) {                                                                  \
      two[k] = pick(_mm256_unpacklo_epi16(v[2 * k], v[2 * k + 1]),                                 \
                    _mm256_unpackhi_epi16(v[2 * k], v[2 * k + 1]));                                \
    }                                                                                              \
    for (int k = 0; k < 2; k++) {                                                                  \
      four[k] = pick(_mm256_unpacklo_epi32(two[2 * k], two[2 * k + 1]),                            \
                     _mm256_unpackhi_epi32(two[2 * k], two[2 * k + 1]));                           \
    }                                                                                              \
    eight = pick(_mm256_unpacklo_epi64(four[0], four[1]), _mm256_unpackhi_epi64(four[0], four[1])); \
    __m256i other = _mm256_permute2x128_si256(eight, eight, 1);                                    \
    return _mm256_castsi256_si128(pick(eight, other));                                             \
  }
DEFINE_FOLD_EIGHT(fold_signed, _mm256_max_epi16)
DEFINE_FOLD_EIGHT(fold_unsigned, _mm256_max_epu16)

/// Whether one of eight magnitudes, as bf16 bits, is not finite.
BLOCKS_INLINE int some_infinite(__m128i magnitudes) {
  __m128i beyond = _mm_cmpgt_epi16(magnitudes, _mm_set1_epi16(INFINITY_BF16 - 1));
  return _mm_movemask_epi8(beyond) != 0;
}

/// Eight bf16 numbers as fp32.
BLOCKS_INLINE __m256 widen_8(__m128i bits) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
}

/// The first of a block's weights that has this magnitude, as bits. One has.
BLOCKS_INLINE uint16_t first_of_magnitude(const uint16_t *x, uint16_t magnitude) {
  for (int i = 0; i < SMALL_BLOCK; i++) {
    if ((x[i] & 0x7FFF) == magnitude) return x[i];
  }
  return magnitude;
}

/// The scales of Q4_0, by which the weight with the largest magnitude gets code 0. Of bits as signed
/// numbers the largest are those of the largest positive weight, and as unsigned ones those of the
/// most negative. Returns 0 where the chain is needed.
BLOCKS_INLINE int q4_0_scales(const uint16_t *src, group_scales *group) {
  __m256i signed_most[GROUP], unsigned_most[GROUP];
  for (int b = 0; b < GROUP; b++) {
    const __m256i *p = (const __m256i *)(src + b * SMALL_BLOCK);
    __m256i first = _mm256_loadu_si256(p), second = _mm256_loadu_si256(p + 1);
    signed_most[b] = _mm256_max_epi16(first, second);
    unsigned_most[b] = _mm256_max_epu16(first, second);
  }
  const __m128i zero = _mm_setzero_si128();
  __m128i high = _mm_max_epi16(fold_signed(signed_most), zero);
  __m128i lowest = _mm_min_epi16(fold_unsigned(unsigned_most), zero);
  __m128i low = _mm_and_si128(lowest, _mm_set1_epi16(0x7FFF));
  if (some_infinite(_mm_max_epi16(high, low))) return 0;
  __m128i extreme = _mm_blendv_epi8(lowest, high, _mm_cmpgt_epi16(high, low));
  __m128i ties = _mm_andnot_si128(_mm_cmpeq_epi16(high, zero), _mm_cmpeq_epi16(high, low));
  unsigned mask = (unsigned)_mm_movemask_epi8(_mm_packs_epi16(ties, zero));
  // A block of zeros has the extreme 0, whatever their signs.
  extreme = _mm_andnot_si128(_mm_cmpeq_epi16(_mm_or_si128(high, low), zero), extreme);
  if (mask != 0) {
    uint16_t lanes[GROUP];
    _mm_storeu_si128((__m128i *)lanes, extreme);
    for (; mask != 0; mask &= mask - 1) {
      int b = __builtin_ctz(mask);
      lanes[b] = first_of_magnitude(src + b * SMALL_BLOCK, lanes[b] & 0x7FFF);
    }
    extreme = _mm_loadu_si128((const __m128i *)lanes);
  }
  return store_scales(widen_8(extreme) / all(-8), group);
}

/// The scales of Q8_0, by which the largest magnitude gets 127. Returns 0 where the chain is needed.
BLOCKS_INLINE int q8_0_scales(const uint16_t *src, group_scales *group) {
  const __m256i magnitude = _mm256_set1_epi16(0x7FFF);
  __m256i most[GROUP];
  for (int b = 0; b < GROUP; b++) {
    const __m256i *p = (const __m256i *)(src + b * SMALL_BLOCK);
    most[b] = _mm256_max_epi16(_mm256_and_si256(_mm256_loadu_si256(p), magnitude),
                               _mm256_and_si256(_mm256_loadu_si256(p + 1), magnitude));
  }
  __m128i largest = fold_signed(most);
  return !some_infinite(largest) && store_scales(widen_8(largest) / all(127), group);
}

// MARK: - Codes

/// The codes of Q4_0 of eight weights, of which it counts the errors.
BLOCKS_INLINE __m256i q4_0_codes(__m256 x, __m256 factor, __m256 scale, __m256 zero_point,
                                 pair_sums *sums, int half) {
  __m256 value = _mm256_min_ps(x * factor + all(8.5f), all(15));
  __m256i codes = _mm256_cvttps_epi32(value);
  // Code times scale, and eight times the scale, have few enough digits that both are exact, and so
  // is their difference, the definition's (code - 8) * scale.
  add_8(x, _mm256_fmsub_ps(_mm256_cvtepi32_ps(codes), scale, zero_point), sums, half);
  return codes;
}

BLOCKS_INLINE void q4_0_block(const uint16_t *x, const group_scales *group, int b, uint8_t *dst,
                              pair_sums *sums) {
  const __m256 factor = all(group->factor[b]), scale = all(group->scale[b]);
  const __m256 zero_point = scale * all(8);
  __m256i codes[2];
  for (int k = 0; k < 2; k++) {
    __m256 weights[2];
    widen_16(x + 16 * k, weights);
    __m256i first = q4_0_codes(weights[0], factor, scale, zero_point, sums, 0);
    __m256i second = q4_0_codes(weights[1], factor, scale, zero_point, sums, 1);
    codes[k] = _mm256_packs_epi32(first, second);
  }
  __m256i pairs = _mm256_or_si256(codes[0], _mm256_slli_epi16(codes[1], 4));
  memcpy(dst, &group->scale_half[b], 2);
  _mm_storeu_si128((__m128i *)(dst + 2), _mm_packus_epi16(_mm256_castsi256_si128(pairs),
                                                          _mm256_extracti128_si256(pairs, 1)));
}

/// The codes of Q8_0 of eight weights, rounded, halves away from zero, of which it counts the errors.
BLOCKS_INLINE __m256i q8_0_codes(__m256 x, __m256 factor, __m256 scale, pair_sums *sums, int half) {
  // The number just below a half: half itself would take its neighbour below over the edge.
  const __m256 almost_half = all(0x1.fffffep-2f);
  __m256 value = x * factor;
  __m256 addend = _mm256_or_ps(almost_half, _mm256_and_ps(value, all(-0.0f)));
  __m256i codes = _mm256_cvttps_epi32(value + addend);
  add_8(x, _mm256_cvtepi32_ps(codes) * scale, sums, half);
  return codes;
}

BLOCKS_INLINE void q8_0_block(const uint16_t *x, const group_scales *group, int b, uint8_t *dst,
                              pair_sums *sums) {
  const __m256 factor = all(group->factor[b]), scale = all(group->scale[b]);
  __m256i codes[2];
  for (int k = 0; k < 2; k++) {
    __m256 weights[2];
    widen_16(x + 16 * k, weights);
    __m256i first = q8_0_codes(weights[0], factor, scale, sums, 0);
    __m256i second = q8_0_codes(weights[1], factor, scale, sums, 1);
    codes[k] = _mm256_packs_epi32(first, second);
  }
  __m256i bytes = _mm256_permute4x64_epi64(_mm256_packs_epi16(codes[0], codes[1]), 0xD8);
  memcpy(dst, &group->scale_half[b], 2);
  _mm256_storeu_si256((__m256i *)(dst + 2), bytes);
}

// MARK: - Chunks

#define DEFINE_QUANTIZER(type, byte_count)                                                         \
  static int type##_chunk(const uint16_t *src, uint8_t *dst, halftone_error_sums *sums) {          \
    group_scales groups[CHUNK_GROUPS];                                                             \
    pair_sums s = no_sums();                                                                       \
    for (int g = 0; g < CHUNK_GROUPS; g++) {                                                       \
      if (!type##_scales(src + g * GROUP_WEIGHTS, &groups[g])) return 0;                           \
    }                                                                                              \
    for (int b = 0; b < CHUNK_BLOCKS; b++) {                                                       \
      type##_block(src + b * SMALL_BLOCK, &groups[b / GROUP], b % GROUP, dst + b * byte_count, &s); \
    }                                                                                              \
    finish_chunk(&s, sums);                                                                        \
    return 1;                                                                                      \
  }                                                                                                \
                                                                                                   \
  int halftone_quantize_##type##_bf16_avx2(const uint16_t *src, size_t blocks, uint8_t *dst,       \
                                           halftone_error_sums *sums) {                            \
    for (size_t done = 0; done < blocks; done += CHUNK_BLOCKS) {                                   \
      size_t count = halftone_smaller(CHUNK_BLOCKS, blocks - done);                                \
      const uint16_t *weights = src + done * SMALL_BLOCK;                                          \
      uint8_t *out = dst + done * byte_count;                                                      \
      if (count < CHUNK_BLOCKS || !type##_chunk(weights, out, sums)) {                             \
        type##_chain(weights, count, out, sums);                                                   \
      }                                                                                            \
    }                                                                                              \
    return !isfinite(sums->ee);                                                                    \
  }

DEFINE_QUANTIZER(q4_0, Q4_0_BYTES)
DEFINE_QUANTIZER(q8_0, Q8_0_BYTES)

HALFTONE_END
#endif
