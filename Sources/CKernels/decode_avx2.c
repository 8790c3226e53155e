// SPDX-License-Identifier: Apache-2.0

#include "kernels_internal.h"

#if defined(__x86_64__)
#include "lookup_avx2.h"

HALFTONE_BEGIN_AVX2

/// 16 bytes of two codes to 32 of one code each, in the order of `twice`.
static inline __m256i spread(const uint8_t *codes) {
  __m256i pairs = twice(codes);
  __m256i high = _mm256_and_si256(_mm256_srli_epi16(pairs, 4), _mm256_set1_epi16(0x000F));
  __m256i low = _mm256_and_si256(pairs, _mm256_set1_epi16(0x0F00));
  return _mm256_or_si256(high, low);
}

void halftone_decode_lookup4_avx2(const uint8_t *codes, size_t n, size_t block, const float *table,
                                  const float *scales, float *dst) {
  // A block that starts inside a byte.
  if (block % 2 == 1) {
    halftone_decode_lookup4_scalar(codes, n, block, table, scales, dst);
    return;
  }
  const table_planes planes = make_table_planes(table);
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    const uint8_t *in = codes + start / 2;
    float *out = dst + start;
    size_t count = halftone_smaller(block, n - start), i = 0;
    const __m256 scale = _mm256_set1_ps(scales[b]);
    for (; i + 32 <= count; i += 32) {
      __m256 entries[4];
      look_up(&planes, spread(in + i / 2), entries);
      for (size_t k = 0; k < 4; k++) {
        _mm256_storeu_ps(out + i + 8 * k, _mm256_mul_ps(entries[k], scale));
      }
    }
    if (i < count) {
      halftone_decode_lookup4_scalar(in + i / 2, count - i, block, table, scales + b, out + i);
    }
  }
}

void halftone_decode_int8_avx2(const int8_t *codes, size_t n, size_t block, const float *scales,
                               float *dst) {
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    const int8_t *in = codes + start;
    float *out = dst + start;
    size_t count = halftone_smaller(block, n - start), i = 0;
    const __m256 scale = _mm256_set1_ps(scales[b]);
    for (; i + 16 <= count; i += 16) {
      __m128i bytes = _mm_loadu_si128((const __m128i *)(in + i));
      __m256i low = _mm256_cvtepi8_epi32(bytes);
      __m256i high = _mm256_cvtepi8_epi32(_mm_srli_si128(bytes, 8));
      _mm256_storeu_ps(out + i, _mm256_mul_ps(_mm256_cvtepi32_ps(low), scale));
      _mm256_storeu_ps(out + i + 8, _mm256_mul_ps(_mm256_cvtepi32_ps(high), scale));
    }
    for (; i + 8 <= count; i += 8) {
      __m256i eight = _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(in + i)));
      _mm256_storeu_ps(out + i, _mm256_mul_ps(_mm256_cvtepi32_ps(eight), scale));
    }
    if (i < count) halftone_decode_int8_scalar(in + i, count - i, block, scales + b, out + i);
  }
}

static inline void store_affine(float *dst, __m256i code, __m256 zero, __m256 scale) {
  __m256 centred = _mm256_sub_ps(_mm256_cvtepi32_ps(code), zero);
  _mm256_storeu_ps(dst, _mm256_mul_ps(centred, scale));
}

void halftone_decode_uint4_avx2(const uint8_t *codes, size_t n, size_t block, const float *scales,
                                const float *zeros, float *dst) {
  if (block % 2 == 1) {
    halftone_decode_uint4_scalar(codes, n, block, scales, zeros, dst);
    return;
  }
  const __m256i nothing = _mm256_setzero_si256();
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    const uint8_t *in = codes + start / 2;
    float *out = dst + start;
    size_t count = halftone_smaller(block, n - start), i = 0;
    const __m256 scale = _mm256_set1_ps(scales[b]);
    const __m256 zero = _mm256_set1_ps(zeros[b]);
    for (; i + 32 <= count; i += 32) {
      __m256i code = spread(in + i / 2);
      __m256i low = _mm256_unpacklo_epi8(code, nothing);
      __m256i high = _mm256_unpackhi_epi8(code, nothing);
      store_affine(out + i, _mm256_unpacklo_epi16(low, nothing), zero, scale);
      store_affine(out + i + 8, _mm256_unpackhi_epi16(low, nothing), zero, scale);
      store_affine(out + i + 16, _mm256_unpacklo_epi16(high, nothing), zero, scale);
      store_affine(out + i + 24, _mm256_unpackhi_epi16(high, nothing), zero, scale);
    }
    if (i < count) {
      halftone_decode_uint4_scalar(in + i / 2, count - i, block, scales + b, zeros + b, out + i);
    }
  }
}

HALFTONE_END
#endif
