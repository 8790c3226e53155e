// SPDX-License-Identifier: Apache-2.0
//
// The encoders of small blocks with vectors of eight: a block is four of them. What they can't do as
// the definition does it is left to that: a scale so small that its inverse is infinite, and the sign of
// an extreme weight that occurs with both.

#include "kernels_internal.h"

#if defined(__x86_64__)
#include "kernels_x86.h"

HALFTONE_BEGIN_AVX2

#define HALF_INSTRUCTIONS

#include "blocks.h"
#include "blocks_mxfp4.h"

BLOCKS_INLINE __m256 all(float value) { return _mm256_set1_ps(value); }

BLOCKS_INLINE void load_block(const float *src, __m256 x[4]) {
  for (int k = 0; k < 4; k++) x[k] = _mm256_loadu_ps(src + 8 * k);
}

/// The largest weight in lane 0 and the negated smallest in lane 1.
BLOCKS_INLINE __m128 extremes(const __m256 x[4]) {
  __m256 high = _mm256_max_ps(_mm256_max_ps(x[0], x[1]), _mm256_max_ps(x[2], x[3]));
  __m256 low = _mm256_min_ps(_mm256_min_ps(x[0], x[1]), _mm256_min_ps(x[2], x[3]));
  low = _mm256_xor_ps(all(-0.0f), low);
  __m128 highs = _mm_max_ps(_mm256_castps256_ps128(high), _mm256_extractf128_ps(high, 1));
  __m128 lows = _mm_max_ps(_mm256_castps256_ps128(low), _mm256_extractf128_ps(low, 1));
  __m128 pairs = _mm_max_ps(_mm_unpacklo_ps(highs, lows), _mm_unpackhi_ps(highs, lows));
  return _mm_max_ps(pairs, _mm_movehl_ps(pairs, pairs));
}

BLOCKS_INLINE float lane0(__m128 x) { return _mm_cvtss_f32(x); }
BLOCKS_INLINE float lane1(__m128 x) { return _mm_cvtss_f32(_mm_movehdup_ps(x)); }

/// 32 codes of a byte, in order.
BLOCKS_INLINE __m256i code_bytes(const __m256i codes[4]) {
  __m256i low = _mm256_packs_epi32(codes[0], codes[1]), high = _mm256_packs_epi32(codes[2], codes[3]);
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  return _mm256_permutevar8x32_epi32(_mm256_packs_epi16(low, high), order);
}

/// Two codes to a byte: the first 16 in the low halves.
BLOCKS_INLINE void store_nibbles(__m256i bytes, uint8_t *dst) {
  __m128i low = _mm256_castsi256_si128(bytes), high = _mm256_extracti128_si256(bytes, 1);
  const __m128i mask = _mm_set1_epi8(15);
  low = _mm_and_si128(low, mask);
  high = _mm_slli_epi16(_mm_and_si128(high, mask), 4);
  _mm_storeu_si128((__m128i *)dst, _mm_or_si128(low, high));
}

/// The fifth bit of each code.
BLOCKS_INLINE void store_fifth_bits(__m256i bytes, uint8_t *dst) {
  int bits = _mm256_movemask_epi8(_mm256_slli_epi16(bytes, 3));
  memcpy(dst, &bits, 4);
}

/// Codes of a scale. Returns 0 where the definition has to do it.
BLOCKS_INLINE int scaled_codes(const float *src, int middle, uint8_t *dst, __m256i *bytes,
                               float *restored) {
  __m256 x[4];
  __m256i codes[4];
  load_block(src, x);
  __m128 both = extremes(x);
  float high = lane0(both), negated_low = lane1(both);
  if (high == negated_low) return 0;
  float scale = (high > negated_low ? high : -negated_low) / (float)-middle, factor = 1.0f / scale;
  if (!(fabsf(factor) < INFINITY)) return 0;
  float stored = store_half(dst, scale);
  for (int k = 0; k < 4; k++) {
    __m256i code = _mm256_cvttps_epi32(x[k] * all(factor) + all((float)middle + 0.5f));
    codes[k] = _mm256_min_epi32(code, _mm256_set1_epi32(2 * middle - 1));
    __m256i offset = _mm256_sub_epi32(codes[k], _mm256_set1_epi32(middle));
    _mm256_storeu_ps(restored + 8 * k, _mm256_cvtepi32_ps(offset) * all(stored));
  }
  *bytes = code_bytes(codes);
  return 1;
}

/// Codes of a scale and a minimum. Returns 0 where the definition has to do it.
BLOCKS_INLINE int ranged_codes(const float *src, int largest, uint8_t *dst, __m256i *bytes,
                               float *restored) {
  __m256 x[4];
  __m256i codes[4];
  load_block(src, x);
  __m128 both = extremes(x);
  float high = lane0(both), low = -lane1(both);
  // Of zeros the first one's sign would count.
  if (low == 0 || high == low) return 0;
  float scale = (high - low) / (float)largest, factor = 1.0f / scale;
  if (!(factor < INFINITY)) return 0;
  float stored = store_half(dst, scale), minimum = store_half(dst + 2, low);
  for (int k = 0; k < 4; k++) {
    __m256i code = _mm256_cvttps_epi32((x[k] - all(low)) * all(factor) + all(0.5f));
    codes[k] = _mm256_min_epi32(code, _mm256_set1_epi32(largest));
    _mm256_storeu_ps(restored + 8 * k, all(stored) * _mm256_cvtepi32_ps(codes[k]) + all(minimum));
  }
  *bytes = code_bytes(codes);
  return 1;
}

/// Encodes block after block by `quantize`, which gives the codes' bytes, and `pack`; what it can't do
/// is left to the definition.
#define FOR_EACH_BLOCK(type, byte_count, quantize, pack)                                           \
  for (size_t b = 0; b < blocks; b++) {                                                            \
    __m256i bytes;                                                                                 \
    if (quantize) {                                                                                \
      pack;                                                                                        \
    } else {                                                                                       \
      halftone_encode_##type##_scalar(src, 1, dst, restored);                                      \
    }                                                                                              \
    src += SMALL_BLOCK;                                                                            \
    restored += SMALL_BLOCK;                                                                       \
    dst += byte_count;                                                                             \
  }

void halftone_encode_q4_0_avx2(const float *src, size_t blocks, uint8_t *dst, float *restored) {
  FOR_EACH_BLOCK(q4_0, Q4_0_BYTES, scaled_codes(src, 8, dst, &bytes, restored),
                 store_nibbles(bytes, dst + 2))
}

void halftone_encode_q4_1_avx2(const float *src, size_t blocks, uint8_t *dst, float *restored) {
  FOR_EACH_BLOCK(q4_1, Q4_1_BYTES, ranged_codes(src, 15, dst, &bytes, restored),
                 store_nibbles(bytes, dst + 4))
}

void halftone_encode_q5_0_avx2(const float *src, size_t blocks, uint8_t *dst, float *restored) {
  FOR_EACH_BLOCK(q5_0, Q5_0_BYTES, scaled_codes(src, 16, dst, &bytes, restored), {
    store_fifth_bits(bytes, dst + 2);
    store_nibbles(bytes, dst + 6);
  })
}

void halftone_encode_q5_1_avx2(const float *src, size_t blocks, uint8_t *dst, float *restored) {
  FOR_EACH_BLOCK(q5_1, Q5_1_BYTES, ranged_codes(src, 31, dst, &bytes, restored), {
    store_fifth_bits(bytes, dst + 4);
    store_nibbles(bytes, dst + 8);
  })
}

/// Codes of a byte.
BLOCKS_INLINE int byte_codes(const float *src, uint8_t *dst, __m256i *bytes, float *restored) {
  __m256 x[4];
  __m256i codes[4];
  load_block(src, x);
  __m128 both = extremes(x);
  float largest = fabsf(lane0(_mm_max_ss(both, _mm_movehdup_ps(both))));
  float scale = largest / 127.0f, factor = 1.0f / scale;
  if (!(factor < INFINITY)) return 0;
  float stored = store_half(dst, scale);
  for (int k = 0; k < 4; k++) {
    __m256 value = x[k] * all(factor);
    // Halves go away from zero. The addend is the number just below a half, with the value's sign:
    // half itself would take its neighbour below over the edge.
    __m256 half = _mm256_or_ps(all(0x1.fffffep-2f), _mm256_and_ps(value, all(-0.0f)));
    codes[k] = _mm256_cvttps_epi32(value + half);
    _mm256_storeu_ps(restored + 8 * k, _mm256_cvtepi32_ps(codes[k]) * all(stored));
  }
  *bytes = code_bytes(codes);
  return 1;
}

void halftone_encode_q8_0_avx2(const float *src, size_t blocks, uint8_t *dst, float *restored) {
  FOR_EACH_BLOCK(q8_0, Q8_0_BYTES, byte_codes(src, dst, &bytes, restored),
                 _mm256_storeu_si256((__m256i *)(dst + 2), bytes))
}

void halftone_encode_mxfp4_avx2(const float *src, size_t blocks, uint8_t *dst, float *restored) {
  const __m256 magnitudes = _mm256_loadu_ps(mxfp4_magnitudes);
  for (size_t b = 0; b < blocks; b++, src += SMALL_BLOCK, restored += SMALL_BLOCK) {
    __m256 x[4];
    __m256i codes[4];
    load_block(src, x);
    __m128 both = extremes(x);
    dst[0] = mxfp4_power(fabsf(lane0(_mm_max_ss(both, _mm_movehdup_ps(both)))));
    float scale = mxfp4_scale(dst[0]), bounds[7];
    mxfp4_bounds(scale, bounds);
    for (int i = 0; i < 4; i++) {
      __m256 magnitude = _mm256_andnot_ps(all(-0.0f), x[i]);
      __m256i code = _mm256_setzero_si256();
      for (int k = 0; k < 7; k++) {
        __m256 above = _mm256_cmp_ps(all(bounds[k]), magnitude, _CMP_LT_OQ);
        code = _mm256_sub_epi32(code, _mm256_castps_si256(above));
      }
      __m256 value = _mm256_permutevar8x32_ps(magnitudes, code);
      __m256 sign = _mm256_cmp_ps(x[i], all(0), _CMP_LT_OQ);
      sign = _mm256_andnot_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(code, _mm256_setzero_si256())), sign);
      value = _mm256_xor_ps(value, _mm256_and_ps(sign, all(-0.0f)));
      codes[i] = _mm256_or_si256(code, _mm256_and_si256(_mm256_castps_si256(sign), _mm256_set1_epi32(8)));
      _mm256_storeu_ps(restored + 8 * i, all(scale) * value);
    }
    store_nibbles(code_bytes(codes), dst + 1);
    dst += MXFP4_BYTES;
  }
}

HALFTONE_END
#endif
