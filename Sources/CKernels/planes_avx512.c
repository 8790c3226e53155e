// SPDX-License-Identifier: Apache-2.0

#include "kernels_internal.h"

#if defined(__x86_64__)
#include "kernels_x86.h"

HALFTONE_BEGIN_AVX512

void halftone_split_planes2_avx512(const uint8_t *src, size_t elements, uint8_t *dst) {
  size_t e = 0;
  for (; e + 32 <= elements; e += 32) {
    __m512i both = _mm512_loadu_si512(src + 2 * e);
    _mm256_storeu_si256((__m256i *)(dst + e), _mm512_cvtepi16_epi8(both));
    _mm256_storeu_si256((__m256i *)(dst + elements + e),
                        _mm512_cvtepi16_epi8(_mm512_srli_epi16(both, 8)));
  }
  for (; e < elements; e++) {
    for (size_t p = 0; p < 2; p++) dst[p * elements + e] = src[2 * e + p];
  }
}

void halftone_join_planes2_avx512(const uint8_t *src, size_t elements, uint8_t *dst) {
  size_t e = 0;
  for (; e + 32 <= elements; e += 32) {
    __m512i low = _mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)(src + e)));
    __m512i high = _mm512_cvtepu8_epi16(
        _mm256_loadu_si256((const __m256i *)(src + elements + e)));
    _mm512_storeu_si512(dst + 2 * e, _mm512_or_si512(low, _mm512_slli_epi16(high, 8)));
  }
  for (; e < elements; e++) {
    for (size_t p = 0; p < 2; p++) dst[2 * e + p] = src[p * elements + e];
  }
}

static inline void store_low_bytes(uint8_t *dst, __m512i value) {
  _mm_storeu_si128((__m128i *)dst, _mm512_cvtepi32_epi8(value));
}

void halftone_split_planes4_avx512(const uint8_t *src, size_t elements, uint8_t *dst) {
  size_t e = 0;
  for (; e + 16 <= elements; e += 16) {
    __m512i all = _mm512_loadu_si512(src + 4 * e);
    store_low_bytes(dst + e, all);
    store_low_bytes(dst + elements + e, _mm512_srli_epi32(all, 8));
    store_low_bytes(dst + 2 * elements + e, _mm512_srli_epi32(all, 16));
    store_low_bytes(dst + 3 * elements + e, _mm512_srli_epi32(all, 24));
  }
  for (; e < elements; e++) {
    for (size_t p = 0; p < 4; p++) dst[p * elements + e] = src[4 * e + p];
  }
}

static inline __m512i load_bytes(const uint8_t *src) {
  return _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)src));
}

void halftone_join_planes4_avx512(const uint8_t *src, size_t elements, uint8_t *dst) {
  size_t e = 0;
  for (; e + 16 <= elements; e += 16) {
    __m512i byte0 = load_bytes(src + e);
    __m512i byte1 = _mm512_slli_epi32(load_bytes(src + elements + e), 8);
    __m512i byte2 = _mm512_slli_epi32(load_bytes(src + 2 * elements + e), 16);
    __m512i byte3 = _mm512_slli_epi32(load_bytes(src + 3 * elements + e), 24);
    __m512i low = _mm512_or_si512(byte0, byte1), high = _mm512_or_si512(byte2, byte3);
    _mm512_storeu_si512(dst + 4 * e, _mm512_or_si512(low, high));
  }
  for (; e < elements; e++) {
    for (size_t p = 0; p < 4; p++) dst[4 * e + p] = src[p * elements + e];
  }
}

HALFTONE_END
#endif
