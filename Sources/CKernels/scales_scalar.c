// SPDX-License-Identifier: Apache-2.0
//
// Extremes are taken of the floats' bits as integers: the result then does not depend on the order
// of comparison even for signed zeros and NaN, and what is not finite shows in the extreme itself.

#include "kernels_internal.h"

int halftone_absmax_scalar(const float *src, size_t n, size_t block, float *maxima) {
  int found = 0;
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    size_t end = start + halftone_smaller(block, n - start);
    uint32_t largest = 0;
    for (size_t i = start; i < end; i++) {
      uint32_t magnitude = halftone_bits(src[i]) & HALFTONE_MAGNITUDE_MASK;
      largest = magnitude > largest ? magnitude : largest;
    }
    maxima[b] = halftone_float(largest);
    found |= largest >= HALFTONE_INFINITY_BITS;
  }
  return found;
}

int halftone_minmax_scalar(const float *src, size_t n, size_t block, float *minima,
                           float *maxima) {
  int found = 0;
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    size_t end = start + halftone_smaller(block, n - start);
    int32_t smallest = INT32_MAX, largest = INT32_MIN;
    for (size_t i = start; i < end; i++) {
      int32_t order = halftone_order((int32_t)halftone_bits(src[i]));
      smallest = order < smallest ? order : smallest;
      largest = order > largest ? order : largest;
    }
    minima[b] = halftone_float((uint32_t)halftone_order(smallest));
    maxima[b] = halftone_float((uint32_t)halftone_order(largest));
    found |= !halftone_order_is_finite(smallest, largest);
  }
  return found;
}
