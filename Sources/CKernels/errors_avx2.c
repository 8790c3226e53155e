// SPDX-License-Identifier: Apache-2.0

#include "error_lanes.h"

#if defined(__x86_64__)
#include "kernels_x86.h"

HALFTONE_BEGIN_AVX2

typedef struct lane_sums {
  __m256 xx, yy, ee, largest;
} lane_sums;

static inline lane_sums add(lane_sums s, const float *x, const float *y) {
  __m256 a = _mm256_loadu_ps(x), b = _mm256_loadu_ps(y), e = _mm256_sub_ps(a, b);
  s.xx = _mm256_fmadd_ps(a, a, s.xx);
  s.yy = _mm256_fmadd_ps(b, b, s.yy);
  s.ee = _mm256_fmadd_ps(e, e, s.ee);
  // Maxps gives its second operand where the first is NaN.
  s.largest = _mm256_max_ps(_mm256_andnot_ps(_mm256_set1_ps(-0.0f), e), s.largest);
  return s;
}

void halftone_error_sums_avx2(const float *x, const float *y, size_t n,
                              halftone_error_sums *sums) {
  for (size_t start = 0; start < n; start += HALFTONE_SUM_CHUNK) {
    const float *p = x + start, *q = y + start;
    size_t count = halftone_smaller(HALFTONE_SUM_CHUNK, n - start), i = 0;
    const __m256 zero = _mm256_setzero_ps();
    lane_sums low = {zero, zero, zero, zero}, high = low;
    for (; i + 16 <= count; i += 16) {
      low = add(low, p + i, q + i);
      high = add(high, p + i + 8, q + i + 8);
    }
    error_lanes lanes;
    _mm256_storeu_ps(lanes.xx, low.xx);
    _mm256_storeu_ps(lanes.xx + 8, high.xx);
    _mm256_storeu_ps(lanes.yy, low.yy);
    _mm256_storeu_ps(lanes.yy + 8, high.yy);
    _mm256_storeu_ps(lanes.ee, low.ee);
    _mm256_storeu_ps(lanes.ee + 8, high.ee);
    _mm256_storeu_ps(lanes.largest, low.largest);
    _mm256_storeu_ps(lanes.largest + 8, high.largest);
    for (; i < count; i++) error_lanes_add(&lanes, i, p[i], q[i]);
    error_lanes_finish(&lanes, sums);
  }
}

HALFTONE_END
#endif
