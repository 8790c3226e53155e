// SPDX-License-Identifier: Apache-2.0

#include "error_lanes.h"

void halftone_error_sums_scalar(const float *x, const float *y, size_t n,
                                halftone_error_sums *sums) {
  for (size_t start = 0; start < n; start += HALFTONE_SUM_CHUNK) {
    size_t count = halftone_smaller(HALFTONE_SUM_CHUNK, n - start);
    error_lanes lanes = {0};
    for (size_t i = 0; i < count; i++) error_lanes_add(&lanes, i, x[start + i], y[start + i]);
    error_lanes_finish(&lanes, sums);
  }
}
