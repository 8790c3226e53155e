// SPDX-License-Identifier: Apache-2.0

#include "kernels_internal.h"

#if defined(__x86_64__)
#include "kernels_x86.h"

HALFTONE_BEGIN_AVX2

void halftone_widen_bf16_avx2(const uint16_t *src, size_t n, float *dst) {
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    __m256i a = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(src + i)));
    __m256i b = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(src + i + 8)));
    _mm256_storeu_si256((__m256i *)(dst + i), _mm256_slli_epi32(a, 16));
    _mm256_storeu_si256((__m256i *)(dst + i + 8), _mm256_slli_epi32(b, 16));
  }
  halftone_widen_bf16_scalar(src + i, n - i, dst + i);
}

void halftone_widen_f16_avx2(const uint16_t *src, size_t n, float *dst) {
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    __m256 a = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(src + i)));
    __m256 b = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(src + i + 8)));
    _mm256_storeu_ps(dst + i, a);
    _mm256_storeu_ps(dst + i + 8, b);
  }
  halftone_widen_f16_scalar(src + i, n - i, dst + i);
}

/// The upper half of each 32-bit lane, rounded as the scalar code does it.
static inline __m256i narrow_bf16(__m256 x) {
  __m256i bits = _mm256_castps_si256(x);
  __m256i upper = _mm256_srli_epi32(bits, 16);
  __m256i odd = _mm256_and_si256(upper, _mm256_set1_epi32(1));
  __m256i sum = _mm256_add_epi32(_mm256_add_epi32(bits, _mm256_set1_epi32(0x7FFF)), odd);
  __m256i quiet = _mm256_or_si256(upper, _mm256_set1_epi32(0x40));
  __m256i is_nan = _mm256_castps_si256(_mm256_cmp_ps(x, x, _CMP_UNORD_Q));
  return _mm256_blendv_epi8(_mm256_srli_epi32(sum, 16), quiet, is_nan);
}

void halftone_narrow_bf16_avx2(const float *src, size_t n, uint16_t *dst) {
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    __m256i a = narrow_bf16(_mm256_loadu_ps(src + i));
    __m256i b = narrow_bf16(_mm256_loadu_ps(src + i + 8));
    __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi32(a, b), 0xD8);
    _mm256_storeu_si256((__m256i *)(dst + i), packed);
  }
  halftone_narrow_bf16_scalar(src + i, n - i, dst + i);
}

void halftone_narrow_f16_avx2(const float *src, size_t n, uint16_t *dst) {
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    __m128i half = _mm256_cvtps_ph(_mm256_loadu_ps(src + i),
                                   _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    _mm_storeu_si128((__m128i *)(dst + i), half);
  }
  halftone_narrow_f16_scalar(src + i, n - i, dst + i);
}

HALFTONE_END
#endif
