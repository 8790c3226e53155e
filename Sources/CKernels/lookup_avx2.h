// SPDX-License-Identifier: Apache-2.0
//
// A table of 16 floats, looked up by byte: what the decoders of four-bit codes share.

#ifndef HALFTONE_LOOKUP_AVX2_H
#define HALFTONE_LOOKUP_AVX2_H

#include "kernels_x86.h"

HALFTONE_BEGIN_AVX2

/// 16 bytes of two codes each, every one twice. Lane 0 gets those of weights 0-3, 8-11, 16-19 and
/// 24-27, so that unpacking them inside lanes puts eight weights in order into each vector.
static inline __m256i twice(const uint8_t *codes) {
  const __m256i order = _mm256_setr_epi8(0, 0, 1, 1, 4, 4, 5, 5, 8, 8, 9, 9, 12, 12, 13, 13,
                                         2, 2, 3, 3, 6, 6, 7, 7, 10, 10, 11, 11, 14, 14, 15, 15);
  __m256i both = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)codes));
  return _mm256_shuffle_epi8(both, order);
}

/// A table of 16 floats by byte of the float: plane[k] holds byte k of each.
typedef struct table_planes {
  __m256i plane[4];
} table_planes;

static inline table_planes make_table_planes(const float *table) {
  uint8_t bytes[4][16];
  for (int code = 0; code < 16; code++) {
    for (int k = 0; k < 4; k++) bytes[k][code] = (uint8_t)(halftone_bits(table[code]) >> 8 * k);
  }
  table_planes planes;
  for (int k = 0; k < 4; k++) {
    planes.plane[k] =
        _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)bytes[k]));
  }
  return planes;
}

/// Four vectors of eight table entries, in the order of the weights, for codes ordered as `twice`.
static inline void look_up(const table_planes *planes, __m256i code, __m256 entries[4]) {
  __m256i b0 = _mm256_shuffle_epi8(planes->plane[0], code);
  __m256i b1 = _mm256_shuffle_epi8(planes->plane[1], code);
  __m256i b2 = _mm256_shuffle_epi8(planes->plane[2], code);
  __m256i b3 = _mm256_shuffle_epi8(planes->plane[3], code);
  __m256i low01 = _mm256_unpacklo_epi8(b0, b1), high01 = _mm256_unpackhi_epi8(b0, b1);
  __m256i low23 = _mm256_unpacklo_epi8(b2, b3), high23 = _mm256_unpackhi_epi8(b2, b3);
  entries[0] = _mm256_castsi256_ps(_mm256_unpacklo_epi16(low01, low23));
  entries[1] = _mm256_castsi256_ps(_mm256_unpackhi_epi16(low01, low23));
  entries[2] = _mm256_castsi256_ps(_mm256_unpacklo_epi16(high01, high23));
  entries[3] = _mm256_castsi256_ps(_mm256_unpackhi_epi16(high01, high23));
}

HALFTONE_END

#endif
