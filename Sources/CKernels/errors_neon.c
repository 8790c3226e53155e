// SPDX-License-Identifier: Apache-2.0

#include "error_lanes.h"

#if defined(__aarch64__)
#include <arm_neon.h>

void halftone_error_sums_neon(const float *x, const float *y, size_t n,
                              halftone_error_sums *sums) {
  for (size_t start = 0; start < n; start += HALFTONE_SUM_CHUNK) {
    const float *p = x + start, *q = y + start;
    size_t count = halftone_smaller(HALFTONE_SUM_CHUNK, n - start), i = 0;
    float32x4_t xx[4], yy[4], ee[4], largest[4];
    for (int k = 0; k < 4; k++) xx[k] = yy[k] = ee[k] = largest[k] = vdupq_n_f32(0);
    for (; i + 16 <= count; i += 16) {
      for (int k = 0; k < 4; k++) {
        float32x4_t a = vld1q_f32(p + i + 4 * k), b = vld1q_f32(q + i + 4 * k);
        float32x4_t e = vsubq_f32(a, b);
        xx[k] = vfmaq_f32(xx[k], a, a);
        yy[k] = vfmaq_f32(yy[k], b, b);
        ee[k] = vfmaq_f32(ee[k], e, e);
        // By comparison and selection, because the maximum instruction passes NaN on.
        float32x4_t magnitude = vabsq_f32(e);
        largest[k] = vbslq_f32(vcgtq_f32(magnitude, largest[k]), magnitude, largest[k]);
      }
    }
    error_lanes lanes;
    for (int k = 0; k < 4; k++) {
      vst1q_f32(lanes.xx + 4 * k, xx[k]);
      vst1q_f32(lanes.yy + 4 * k, yy[k]);
      vst1q_f32(lanes.ee + 4 * k, ee[k]);
      vst1q_f32(lanes.largest + 4 * k, largest[k]);
    }
    for (; i < count; i++) error_lanes_add(&lanes, i, p[i], q[i]);
    error_lanes_finish(&lanes, sums);
  }
}

#endif
