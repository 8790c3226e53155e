// SPDX-License-Identifier: Apache-2.0
//
// The division leaves nothing for wider registers to gain, so AVX-512's table has these functions, too.

#include "kernels_internal.h"

#if defined(__x86_64__)

#include "kernels_x86.h"

HALFTONE_BEGIN_AVX2

/// Maxps and minps give their second operand where the first is NaN, as the scalar code does.
static inline uint64_t affine_codes(const float *src, __m256 scale, __m256 bias, __m256 top) {
  __m256 steps = _mm256_div_ps(_mm256_sub_ps(_mm256_loadu_ps(src), bias), scale);
  __m256 clamped = _mm256_min_ps(_mm256_max_ps(steps, _mm256_setzero_ps()), top);
  __m256i codes = _mm256_cvtps_epi32(clamped);
  __m128i words =
      _mm_packs_epi32(_mm256_castsi256_si128(codes), _mm256_extracti128_si256(codes, 1));
  return (uint64_t)_mm_cvtsi128_si64(_mm_packus_epi16(words, words));
}

/// Eight codes take `bits` bytes; where a whole word fits, one move does.
static inline void store_codes(uint8_t *codes, size_t room, uint64_t joined, int bits) {
  if (room >= 8) {
    memcpy(codes, &joined, 8);
  } else {
    for (int p = 0; p < bits; p++) codes[p] = (uint8_t)(joined >> (8 * p));
  }
}

static inline uint64_t load_codes(const uint8_t *codes, size_t room, int bits) {
  uint64_t joined = 0;
  if (room >= 8) {
    memcpy(&joined, codes, 8);
  } else {
    for (int p = 0; p < bits; p++) joined |= (uint64_t)codes[p] << (8 * p);
  }
  return joined;
}

void halftone_encode_affine_avx2(const float *src, size_t n, size_t block, int bits,
                                 const float *scales, const float *biases, uint8_t *codes) {
  if (block % 8 != 0) {
    halftone_encode_affine_scalar(src, n, block, bits, scales, biases, codes);
    return;
  }
  const __m256 top = _mm256_set1_ps((float)((1 << bits) - 1));
  const size_t bytes = (n * (size_t)bits + 7) / 8;
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    size_t end = start + halftone_smaller(block, n - start), i = start;
    const __m256 scale = _mm256_set1_ps(scales[b]), bias = _mm256_set1_ps(biases[b]);
    for (; i + 8 <= end; i += 8) {
      size_t place = i / 8 * (size_t)bits;
      uint64_t joined = halftone_join_codes(affine_codes(src + i, scale, bias, top), bits);
      store_codes(codes + place, bytes - place, joined, bits);
    }
    if (i < end) {
      halftone_encode_affine_scalar(src + i, end - i, block, bits, scales + b, biases + b,
                                    codes + i / 8 * (size_t)bits);
    }
  }
}

void halftone_decode_affine_avx2(const uint8_t *codes, size_t n, size_t block, int bits,
                                 const float *scales, const float *biases, float *dst) {
  if (block % 8 != 0) {
    halftone_decode_affine_scalar(codes, n, block, bits, scales, biases, dst);
    return;
  }
  const size_t bytes = (n * (size_t)bits + 7) / 8;
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    size_t end = start + halftone_smaller(block, n - start), i = start;
    const __m256 scale = _mm256_set1_ps(scales[b]), bias = _mm256_set1_ps(biases[b]);
    for (; i + 8 <= end; i += 8) {
      size_t place = i / 8 * (size_t)bits;
      uint64_t joined = load_codes(codes + place, bytes - place, bits);
      __m128i spread = _mm_cvtsi64_si128((long long)halftone_spread_codes(joined, bits));
      __m256 code = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(spread));
      _mm256_storeu_ps(dst + i, _mm256_add_ps(_mm256_mul_ps(code, scale), bias));
    }
    if (i < end) {
      halftone_decode_affine_scalar(codes + i / 8 * (size_t)bits, end - i, block, bits, scales + b,
                                    biases + b, dst + i);
    }
  }
}

void halftone_encode_affine_avx512(const float *src, size_t n, size_t block, int bits,
                                   const float *scales, const float *biases, uint8_t *codes) {
  halftone_encode_affine_avx2(src, n, block, bits, scales, biases, codes);
}

void halftone_decode_affine_avx512(const uint8_t *codes, size_t n, size_t block, int bits,
                                   const float *scales, const float *biases, float *dst) {
  halftone_decode_affine_avx2(codes, n, block, bits, scales, biases, dst);
}

HALFTONE_END
#endif
