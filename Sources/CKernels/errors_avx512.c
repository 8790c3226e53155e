// SPDX-License-Identifier: Apache-2.0

#include "error_lanes.h"

#if defined(__x86_64__)
#include "kernels_x86.h"

HALFTONE_BEGIN_AVX512

void halftone_error_sums_avx512(const float *x, const float *y, size_t n,
                                halftone_error_sums *sums) {
  const __m512i magnitude_mask = _mm512_set1_epi32((int)HALFTONE_MAGNITUDE_MASK);
  for (size_t start = 0; start < n; start += HALFTONE_SUM_CHUNK) {
    const float *p = x + start, *q = y + start;
    size_t count = halftone_smaller(HALFTONE_SUM_CHUNK, n - start), i = 0;
    __m512 xx = _mm512_setzero_ps(), yy = xx, ee = xx, largest = xx;
    for (; i + 16 <= count; i += 16) {
      __m512 a = _mm512_loadu_ps(p + i), b = _mm512_loadu_ps(q + i), e = _mm512_sub_ps(a, b);
      xx = _mm512_fmadd_ps(a, a, xx);
      yy = _mm512_fmadd_ps(b, b, yy);
      ee = _mm512_fmadd_ps(e, e, ee);
      __m512i magnitude = _mm512_and_si512(_mm512_castps_si512(e), magnitude_mask);
      // Maxps gives its second operand where the first is NaN.
      largest = _mm512_max_ps(_mm512_castsi512_ps(magnitude), largest);
    }
    error_lanes lanes;
    _mm512_storeu_ps(lanes.xx, xx);
    _mm512_storeu_ps(lanes.yy, yy);
    _mm512_storeu_ps(lanes.ee, ee);
    _mm512_storeu_ps(lanes.largest, largest);
    for (; i < count; i++) error_lanes_add(&lanes, i, p[i], q[i]);
    error_lanes_finish(&lanes, sums);
  }
}

HALFTONE_END
#endif
