// SPDX-License-Identifier: Apache-2.0
//
// The lanes of error_sums, where every variant ends: the order in which lanes join the doubles is
// part of the contract and is written only here.

#ifndef HALFTONE_ERROR_LANES_H
#define HALFTONE_ERROR_LANES_H

#include <math.h>

#include "kernels_internal.h"

typedef struct error_lanes {
  float xx[HALFTONE_SUM_LANES], yy[HALFTONE_SUM_LANES], ee[HALFTONE_SUM_LANES];
  float largest[HALFTONE_SUM_LANES];
} error_lanes;

/// Adds pair i of the chunk to its lane. A NaN difference does not count as largest.
static inline void error_lanes_add(error_lanes *lanes, size_t i, float x, float y) {
  size_t lane = i % HALFTONE_SUM_LANES;
  float e = x - y;
  float magnitude = halftone_float(halftone_bits(e) & HALFTONE_MAGNITUDE_MASK);
  lanes->xx[lane] = fmaf(x, x, lanes->xx[lane]);
  lanes->yy[lane] = fmaf(y, y, lanes->yy[lane]);
  lanes->ee[lane] = fmaf(e, e, lanes->ee[lane]);
  lanes->largest[lane] = magnitude > lanes->largest[lane] ? magnitude : lanes->largest[lane];
}

/// Ends a chunk.
static inline void error_lanes_finish(const error_lanes *lanes, halftone_error_sums *sums) {
  double xx = sums->xx, yy = sums->yy, ee = sums->ee;
  float largest = sums->max_absolute;
  for (int lane = 0; lane < HALFTONE_SUM_LANES; lane++) {
    xx += (double)lanes->xx[lane];
    yy += (double)lanes->yy[lane];
    ee += (double)lanes->ee[lane];
    largest = lanes->largest[lane] > largest ? lanes->largest[lane] : largest;
  }
  *sums = (halftone_error_sums){.xx = xx, .yy = yy, .ee = ee, .max_absolute = largest};
}

#endif
