// SPDX-License-Identifier: Apache-2.0

#include "kernels_internal.h"

#if defined(__x86_64__)
#include "kernels_x86.h"

HALFTONE_BEGIN_AVX512

static inline __m256i load_halves(const uint16_t *src) {
  return _mm256_loadu_si256((const __m256i *)src);
}

void halftone_widen_bf16_avx512(const uint16_t *src, size_t n, float *dst) {
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    __m512i wide = _mm512_cvtepu16_epi32(load_halves(src + i));
    _mm512_storeu_si512(dst + i, _mm512_slli_epi32(wide, 16));
  }
  halftone_widen_bf16_scalar(src + i, n - i, dst + i);
}

void halftone_widen_f16_avx512(const uint16_t *src, size_t n, float *dst) {
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    _mm512_storeu_ps(dst + i, _mm512_cvtph_ps(load_halves(src + i)));
  }
  halftone_widen_f16_scalar(src + i, n - i, dst + i);
}

void halftone_narrow_bf16_avx512(const float *src, size_t n, uint16_t *dst) {
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    __m512 x = _mm512_loadu_ps(src + i);
    __m512i bits = _mm512_castps_si512(x);
    __m512i upper = _mm512_srli_epi32(bits, 16);
    __m512i odd = _mm512_and_si512(upper, _mm512_set1_epi32(1));
    __m512i sum = _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7FFF)), odd);
    __m512i quiet = _mm512_or_si512(upper, _mm512_set1_epi32(0x40));
    __mmask16 is_nan = _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q);
    __m512i rounded = _mm512_mask_mov_epi32(_mm512_srli_epi32(sum, 16), is_nan, quiet);
    _mm256_storeu_si256((__m256i *)(dst + i), _mm512_cvtepi32_epi16(rounded));
  }
  halftone_narrow_bf16_scalar(src + i, n - i, dst + i);
}

void halftone_narrow_f16_avx512(const float *src, size_t n, uint16_t *dst) {
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    __m256i half = _mm512_cvtps_ph(_mm512_loadu_ps(src + i),
                                   _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    _mm256_storeu_si256((__m256i *)(dst + i), half);
  }
  halftone_narrow_f16_scalar(src + i, n - i, dst + i);
}

HALFTONE_END
#endif
