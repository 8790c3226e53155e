// SPDX-License-Identifier: Apache-2.0
//
// 32 packed codes at a time: a shuffle and a shift give each 32 bits the four codes that will fill
// them, and two more shifts put these apart, first two and two, then one and one.

#ifndef HALFTONE_UNPACK_AVX2_H
#define HALFTONE_UNPACK_AVX2_H

#include "kernels_x86.h"

#define INLINE static inline __attribute__((always_inline))

HALFTONE_BEGIN_AVX2

/// How codes become bytes.
typedef struct unpacking {
  size_t width;                          ///< bits of a code
  int has_table;
  __m256i windows, shifts;               ///< which bytes hold four codes, and at which bit these begin
  __m256i pair_shift;
  __m256i code_shift, low_codes, high_codes;
  __m256i values;                        ///< of the table; else what is taken from each code
} unpacking;

INLINE unpacking make_unpacking(int bits, int zero, const int8_t *table) {
  int8_t windows[32];
  int32_t shifts[8];
  for (int word = 0; word < 8; word++) {
    const int bit = 4 * bits * (word % 4);
    for (int k = 0; k < 4; k++) windows[4 * word + k] = (int8_t)(bit / 8 + k);
    shifts[word] = bit % 8;
  }
  const unsigned codes = ((1u << bits) - 1) * 0x00010001u;
  __m256i values = _mm256_set1_epi8((char)zero);
  if (table) {
    values = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)table));
  }
  return (unpacking){
      (size_t)bits,
      table != NULL,
      _mm256_loadu_si256((const __m256i *)(const void *)windows),
      _mm256_loadu_si256((const __m256i *)(const void *)shifts),
      _mm256_set1_epi32(16 - 2 * bits),
      _mm256_set1_epi32(8 - bits),
      _mm256_set1_epi32((int)codes),
      _mm256_set1_epi32((int)(codes << 8)),
      values,
  };
}

/// The bytes of the 32 codes at `place`; nothing is read from `end` on, which is not before theirs.
INLINE __m256i unpack_group(const unpacking *how, const uint8_t *place, const uint8_t *end) {
  uint8_t last[32];
  if ((size_t)(end - place) < 2 * how->width + 16) {
    memset(last, 0, sizeof last);
    memcpy(last, place, 4 * how->width);
    place = last;
  }
  const __m256i bytes = _mm256_inserti128_si256(
      _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)place)),
      _mm_loadu_si128((const __m128i *)(place + 2 * how->width)), 1);
  const __m256i fours = _mm256_srlv_epi32(_mm256_shuffle_epi8(bytes, how->windows), how->shifts);
  // What else is in the way of a pair's bits goes with the codes' masks.
  const __m256i pairs =
      _mm256_blend_epi16(fours, _mm256_sllv_epi32(fours, how->pair_shift), 0xAA);
  const __m256i codes = _mm256_or_si256(
      _mm256_and_si256(pairs, how->low_codes),
      _mm256_and_si256(_mm256_sllv_epi32(pairs, how->code_shift), how->high_codes));
  return how->has_table ? _mm256_shuffle_epi8(how->values, codes)
                        : _mm256_sub_epi8(codes, how->values);
}

HALFTONE_END

#undef INLINE
#endif
