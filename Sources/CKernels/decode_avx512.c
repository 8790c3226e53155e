// SPDX-License-Identifier: Apache-2.0

#include "kernels_internal.h"

#if defined(__x86_64__)
#include "kernels_x86.h"

HALFTONE_BEGIN_AVX512

/// Eight bytes of two codes to 16 lanes of one code each.
static inline __m512i spread(const uint8_t *codes) {
  const __m128i low_nibbles = _mm_set1_epi8(15);
  __m128i bytes = _mm_loadl_epi64((const __m128i *)codes);
  __m128i first = _mm_and_si128(_mm_srli_epi16(bytes, 4), low_nibbles);
  __m128i second = _mm_and_si128(bytes, low_nibbles);
  return _mm512_cvtepu8_epi32(_mm_unpacklo_epi8(first, second));
}

void halftone_decode_lookup4_avx512(const uint8_t *codes, size_t n, size_t block,
                                    const float *table, const float *scales, float *dst) {
  // A block that starts inside a byte.
  if (block % 2 == 1) {
    halftone_decode_lookup4_scalar(codes, n, block, table, scales, dst);
    return;
  }
  const __m512 values = _mm512_loadu_ps(table);
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    const uint8_t *in = codes + start / 2;
    float *out = dst + start;
    size_t count = halftone_smaller(block, n - start), i = 0;
    const __m512 scale = _mm512_set1_ps(scales[b]);
    for (; i + 16 <= count; i += 16) {
      __m512 value = _mm512_permutexvar_ps(spread(in + i / 2), values);
      _mm512_storeu_ps(out + i, _mm512_mul_ps(value, scale));
    }
    if (i < count) {
      halftone_decode_lookup4_scalar(in + i / 2, count - i, block, table, scales + b, out + i);
    }
  }
}

void halftone_decode_int8_avx512(const int8_t *codes, size_t n, size_t block, const float *scales,
                                 float *dst) {
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    const int8_t *in = codes + start;
    float *out = dst + start;
    size_t count = halftone_smaller(block, n - start), i = 0;
    const __m512 scale = _mm512_set1_ps(scales[b]);
    for (; i + 16 <= count; i += 16) {
      __m512i wide = _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(in + i)));
      _mm512_storeu_ps(out + i, _mm512_mul_ps(_mm512_cvtepi32_ps(wide), scale));
    }
    if (i < count) halftone_decode_int8_scalar(in + i, count - i, block, scales + b, out + i);
  }
}

void halftone_decode_uint4_avx512(const uint8_t *codes, size_t n, size_t block,
                                  const float *scales, const float *zeros, float *dst) {
  if (block % 2 == 1) {
    halftone_decode_uint4_scalar(codes, n, block, scales, zeros, dst);
    return;
  }
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    const uint8_t *in = codes + start / 2;
    float *out = dst + start;
    size_t count = halftone_smaller(block, n - start), i = 0;
    const __m512 scale = _mm512_set1_ps(scales[b]), zero = _mm512_set1_ps(zeros[b]);
    for (; i + 16 <= count; i += 16) {
      __m512 code = _mm512_cvtepi32_ps(spread(in + i / 2));
      _mm512_storeu_ps(out + i, _mm512_mul_ps(_mm512_sub_ps(code, zero), scale));
    }
    if (i < count) {
      halftone_decode_uint4_scalar(in + i / 2, count - i, block, scales + b, zeros + b, out + i);
    }
  }
}

HALFTONE_END
#endif
