// SPDX-License-Identifier: Apache-2.0

#include "kernels_internal.h"

#if defined(__x86_64__)
#include "kernels_x86.h"

HALFTONE_BEGIN_AVX2

static inline __m256i load(const uint8_t *src) {
  return _mm256_loadu_si256((const __m256i *)src);
}

static inline void store(uint8_t *dst, __m256i value) {
  _mm256_storeu_si256((__m256i *)dst, value);
}

void halftone_split_planes2_avx2(const uint8_t *src, size_t elements, uint8_t *dst) {
  const __m256i low = _mm256_set1_epi16(0x00FF);
  size_t e = 0;
  for (; e + 32 <= elements; e += 32) {
    __m256i a = load(src + 2 * e), b = load(src + 2 * e + 32);
    __m256i plane0 = _mm256_packus_epi16(_mm256_and_si256(a, low), _mm256_and_si256(b, low));
    __m256i plane1 = _mm256_packus_epi16(_mm256_srli_epi16(a, 8), _mm256_srli_epi16(b, 8));
    store(dst + e, _mm256_permute4x64_epi64(plane0, 0xD8));
    store(dst + elements + e, _mm256_permute4x64_epi64(plane1, 0xD8));
  }
  for (; e < elements; e++) {
    for (size_t p = 0; p < 2; p++) dst[p * elements + e] = src[2 * e + p];
  }
}

void halftone_join_planes2_avx2(const uint8_t *src, size_t elements, uint8_t *dst) {
  size_t e = 0;
  for (; e + 32 <= elements; e += 32) {
    __m256i plane0 = _mm256_permute4x64_epi64(load(src + e), 0xD8);
    __m256i plane1 = _mm256_permute4x64_epi64(load(src + elements + e), 0xD8);
    store(dst + 2 * e, _mm256_unpacklo_epi8(plane0, plane1));
    store(dst + 2 * e + 32, _mm256_unpackhi_epi8(plane0, plane1));
  }
  for (; e < elements; e++) {
    for (size_t p = 0; p < 2; p++) dst[2 * e + p] = src[p * elements + e];
  }
}

void halftone_split_planes4_avx2(const uint8_t *src, size_t elements, uint8_t *dst) {
  // In each lane the bytes of four elements by plane, then a transposition of those groups.
  const __m256i by_plane = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  size_t e = 0;
  for (; e + 32 <= elements; e += 32) {
    __m256i a = _mm256_shuffle_epi8(load(src + 4 * e), by_plane);
    __m256i b = _mm256_shuffle_epi8(load(src + 4 * e + 32), by_plane);
    __m256i c = _mm256_shuffle_epi8(load(src + 4 * e + 64), by_plane);
    __m256i d = _mm256_shuffle_epi8(load(src + 4 * e + 96), by_plane);
    __m256i ab01 = _mm256_unpacklo_epi32(a, b), ab23 = _mm256_unpackhi_epi32(a, b);
    __m256i cd01 = _mm256_unpacklo_epi32(c, d), cd23 = _mm256_unpackhi_epi32(c, d);
    uint8_t *out = dst + e;
    store(out, _mm256_permutevar8x32_epi32(_mm256_unpacklo_epi64(ab01, cd01), order));
    out += elements;
    store(out, _mm256_permutevar8x32_epi32(_mm256_unpackhi_epi64(ab01, cd01), order));
    out += elements;
    store(out, _mm256_permutevar8x32_epi32(_mm256_unpacklo_epi64(ab23, cd23), order));
    out += elements;
    store(out, _mm256_permutevar8x32_epi32(_mm256_unpackhi_epi64(ab23, cd23), order));
  }
  for (; e < elements; e++) {
    for (size_t p = 0; p < 4; p++) dst[p * elements + e] = src[4 * e + p];
  }
}

void halftone_join_planes4_avx2(const uint8_t *src, size_t elements, uint8_t *dst) {
  const uint8_t *plane1 = src + elements, *plane2 = plane1 + elements, *plane3 = plane2 + elements;
  size_t e = 0;
  for (; e + 32 <= elements; e += 32) {
    __m256i a = load(src + e), b = load(plane1 + e), c = load(plane2 + e), d = load(plane3 + e);
    __m256i ab0 = _mm256_unpacklo_epi8(a, b), ab1 = _mm256_unpackhi_epi8(a, b);
    __m256i cd0 = _mm256_unpacklo_epi8(c, d), cd1 = _mm256_unpackhi_epi8(c, d);
    // Elements 0-3 | 16-19, 4-7 | 20-23, 8-11 | 24-27, 12-15 | 28-31.
    __m256i r0 = _mm256_unpacklo_epi16(ab0, cd0), r1 = _mm256_unpackhi_epi16(ab0, cd0);
    __m256i r2 = _mm256_unpacklo_epi16(ab1, cd1), r3 = _mm256_unpackhi_epi16(ab1, cd1);
    uint8_t *out = dst + 4 * e;
    store(out, _mm256_permute2x128_si256(r0, r1, 0x20));
    store(out + 32, _mm256_permute2x128_si256(r2, r3, 0x20));
    store(out + 64, _mm256_permute2x128_si256(r0, r1, 0x31));
    store(out + 96, _mm256_permute2x128_si256(r2, r3, 0x31));
  }
  for (; e < elements; e++) {
    for (size_t p = 0; p < 4; p++) dst[4 * e + p] = src[p * elements + e];
  }
}

HALFTONE_END
#endif
