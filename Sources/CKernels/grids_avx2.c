// SPDX-License-Identifier: Apache-2.0
//
// 32 weights a step. Blocks are of 16 at least where they are not rows, so half a step has one scale.

#include "grids_internal.h"

#if defined(__x86_64__)
#include "lookup_avx2.h"
#include "search_avx2.h"

HALFTONE_BEGIN_AVX2

/// The factor or divisor of weights i ... i + 15, and that of the 16 behind them.
typedef struct halves {
  __m256 first, second;
} halves;

static inline halves scales_at(const float *scales, size_t i, size_t block) {
  return (halves){_mm256_set1_ps(scales[i / block]), _mm256_set1_ps(scales[(i + 16) / block])};
}

/// Whether steps of 32 weights can be taken without looking for a block's end inside 16 of them.
static inline int is_even(size_t block) { return block % 16 == 0; }

/// The codes of eight numbers, one to a lane.
static inline __m256i e4m3_codes(__m256 y) {
  const __m256 no_sign = _mm256_castsi256_ps(_mm256_set1_epi32(HALFTONE_MAGNITUDE_MASK));
  const __m256i largest = _mm256_set1_epi32(HALFTONE_E4M3_LARGEST_BITS);
  __m256i sign = _mm256_and_si256(_mm256_srli_epi32(_mm256_castps_si256(y), 24),
                                  _mm256_set1_epi32(0x80));
  __m256 absolute = _mm256_and_ps(y, no_sign);
  __m256i unordered = _mm256_castps_si256(_mm256_cmp_ps(y, y, _CMP_UNORD_Q));
  __m256i magnitude = _mm256_min_epi32(_mm256_castps_si256(absolute), largest);
  const __m256 sum = _mm256_set1_ps(HALFTONE_E4M3_SUBNORMAL_SUM);
  __m256i small = _mm256_sub_epi32(
      _mm256_castps_si256(_mm256_add_ps(_mm256_castsi256_ps(magnitude), sum)),
      _mm256_castps_si256(sum));
  __m256i odd = _mm256_and_si256(_mm256_srli_epi32(magnitude, 20), _mm256_set1_epi32(1));
  __m256i rounded =
      _mm256_add_epi32(_mm256_add_epi32(magnitude, _mm256_set1_epi32(0x7FFFF)), odd);
  __m256i normal = _mm256_sub_epi32(_mm256_srli_epi32(rounded, 20),
                                    _mm256_set1_epi32(HALFTONE_E4M3_REBIAS));
  __m256i is_small =
      _mm256_cmpgt_epi32(_mm256_set1_epi32(HALFTONE_E4M3_NORMAL_BITS), magnitude);
  __m256i code = _mm256_blendv_epi8(normal, small, is_small);
  code = _mm256_blendv_epi8(code, _mm256_set1_epi32(0x7F), unordered);
  return _mm256_or_si256(code, sign);
}

/// The codes of 32 weights, which meet their scales in two halves.
static inline void encode_e4m3_step(const float *src, halves scale, uint8_t *codes) {
  __m256i c0 = e4m3_codes(_mm256_div_ps(_mm256_loadu_ps(src), scale.first));
  __m256i c1 = e4m3_codes(_mm256_div_ps(_mm256_loadu_ps(src + 8), scale.first));
  __m256i c2 = e4m3_codes(_mm256_div_ps(_mm256_loadu_ps(src + 16), scale.second));
  __m256i c3 = e4m3_codes(_mm256_div_ps(_mm256_loadu_ps(src + 24), scale.second));
  __m256i bytes = _mm256_packus_epi16(_mm256_packs_epi32(c0, c1), _mm256_packs_epi32(c2, c3));
  _mm256_storeu_si256(
      (__m256i *)codes,
      _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7)));
}

void halftone_encode_e4m3_avx2(const float *src, size_t n, size_t block, const float *scales,
                               uint8_t *codes) {
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    size_t count = halftone_smaller(block, n - start), i = start, end = start + count;
    const __m256 scale = _mm256_set1_ps(scales[b]);
    for (; i + 32 <= end; i += 32) encode_e4m3_step(src + i, (halves){scale, scale}, codes + i);
    if (i < end) halftone_encode_e4m3_scalar(src + i, end - i, end - i, scales + b, codes + i);
  }
}

/// Minus the codes of eight numbers: each comparison gives 0 or -1 a lane.
static inline __m256i e2m1_codes(__m256 y) {
  __m256 m = _mm256_andnot_ps(_mm256_set1_ps(-0.0f), y);
#define ABOVE(point) greater(m, _mm256_set1_ps(point))
#define FROM(point) _mm256_castps_si256(_mm256_cmp_ps(m, _mm256_set1_ps(point), _CMP_GE_OQ))
  __m256i a = _mm256_add_epi32(ABOVE(0.25f), FROM(0.75f));
  __m256i b = _mm256_add_epi32(ABOVE(1.25f), FROM(1.75f));
  __m256i c = _mm256_add_epi32(ABOVE(2.5f), FROM(3.5f));
  __m256i d = _mm256_and_si256(greater(_mm256_setzero_ps(), y), _mm256_set1_epi32(-8));
  d = _mm256_add_epi32(d, ABOVE(5.0f));
#undef ABOVE
#undef FROM
  return _mm256_add_epi32(_mm256_add_epi32(a, b), _mm256_add_epi32(c, d));
}

void halftone_encode_e2m1_avx2(const float *src, size_t n, size_t block, const float *scales,
                               uint8_t *codes) {
  if (!is_even(block)) {
    halftone_encode_e2m1_scalar(src, n, block, scales, codes);
    return;
  }
  size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    const halves scale = scales_at(scales, i, block);
    __m256i c0 = e2m1_codes(_mm256_div_ps(_mm256_loadu_ps(src + i), scale.first));
    __m256i c1 = e2m1_codes(_mm256_div_ps(_mm256_loadu_ps(src + i + 8), scale.first));
    __m256i c2 = e2m1_codes(_mm256_div_ps(_mm256_loadu_ps(src + i + 16), scale.second));
    __m256i c3 = e2m1_codes(_mm256_div_ps(_mm256_loadu_ps(src + i + 24), scale.second));
    // pair_up puts the first byte of a pair into the high nibble.
    __m256i bytes = negated_bytes(c0, c1, c2, c3);
    __m256i swapped = _mm256_or_si256(_mm256_slli_epi16(bytes, 8), _mm256_srli_epi16(bytes, 8));
    _mm_storeu_si128((__m128i *)(codes + i / 2), pair_up(swapped));
  }
  // What is left begins inside a block where that is longer than 32.
  for (size_t count; i < n; i += count) {
    count = halftone_smaller(block - i % block, n - i);
    halftone_encode_e2m1_scalar(src + i, count, count, scales + i / block, codes + i / 2);
  }
}

/// Eight numbers of the codes in the low bytes of lanes.
static inline __m256 e4m3_numbers(__m256i code) {
  __m256i sign = _mm256_slli_epi32(_mm256_and_si256(code, _mm256_set1_epi32(0x80)), 24);
  __m256i magnitude = _mm256_and_si256(code, _mm256_set1_epi32(0x7F));
  __m256 number = _mm256_mul_ps(_mm256_castsi256_ps(_mm256_slli_epi32(magnitude, 20)),
                                _mm256_set1_ps(HALFTONE_E4M3_UNBIAS));
  __m256i is_nan = _mm256_cmpeq_epi32(magnitude, _mm256_set1_epi32(0x7F));
  __m256i bits = _mm256_blendv_epi8(_mm256_castps_si256(number), _mm256_set1_epi32(0x7FC00000),
                                    is_nan);
  return _mm256_castsi256_ps(_mm256_or_si256(bits, sign));
}

void halftone_decode_e4m3_avx2(const uint8_t *codes, size_t n, size_t block, const float *scales,
                               float *dst) {
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    const uint8_t *in = codes + start;
    float *out = dst + start;
    size_t count = halftone_smaller(block, n - start), i = 0;
    const __m256 scale = _mm256_set1_ps(scales[b]);
    for (; i + 8 <= count; i += 8) {
      __m256i code = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(in + i)));
      _mm256_storeu_ps(out + i, _mm256_mul_ps(e4m3_numbers(code), scale));
    }
    if (i < count) halftone_decode_e4m3_scalar(in + i, count - i, count - i, scales + b, out + i);
  }
}

void halftone_decode_lookup4_low_avx2(const uint8_t *codes, size_t n, size_t block,
                                      const float *table, const float *scales, float *dst) {
  if (!is_even(block)) {
    halftone_decode_lookup4_low_scalar(codes, n, block, table, scales, dst);
    return;
  }
  const table_planes planes = make_table_planes(table);
  size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    const halves scale = scales_at(scales, i, block);
    __m256i pairs = twice(codes + i / 2);
    __m256i first = _mm256_and_si256(pairs, _mm256_set1_epi16(0x000F));
    __m256i second = _mm256_and_si256(_mm256_srli_epi16(pairs, 4), _mm256_set1_epi16(0x0F00));
    __m256 entries[4];
    look_up(&planes, _mm256_or_si256(first, second), entries);
    _mm256_storeu_ps(dst + i, _mm256_mul_ps(entries[0], scale.first));
    _mm256_storeu_ps(dst + i + 8, _mm256_mul_ps(entries[1], scale.first));
    _mm256_storeu_ps(dst + i + 16, _mm256_mul_ps(entries[2], scale.second));
    _mm256_storeu_ps(dst + i + 24, _mm256_mul_ps(entries[3], scale.second));
  }
  for (size_t count; i < n; i += count) {
    count = halftone_smaller(block - i % block, n - i);
    halftone_decode_lookup4_low_scalar(codes + i / 2, count, count, table, scales + i / block,
                                       dst + i);
  }
}

void halftone_decode_lookup8_avx2(const uint8_t *codes, size_t n, size_t block, const float *table,
                                  const float *scales, float addend, float *dst) {
  const __m256 sum = _mm256_set1_ps(addend);
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    const uint8_t *in = codes + start;
    float *out = dst + start;
    size_t count = halftone_smaller(block, n - start), i = 0;
    const __m256 scale = _mm256_set1_ps(scales[b]);
    for (; i + 8 <= count; i += 8) {
      __m256i code = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(in + i)));
      __m256 number = _mm256_mul_ps(_mm256_i32gather_ps(table, code, 4), scale);
      _mm256_storeu_ps(out + i, _mm256_add_ps(number, sum));
    }
    if (i < count) {
      halftone_decode_lookup8_scalar(in + i, count - i, count - i, table, scales + b, addend,
                                     out + i);
    }
  }
}

HALFTONE_END
#endif
