// SPDX-License-Identifier: Apache-2.0

#include "halves.h"

void halftone_widen_bf16_scalar(const uint16_t *src, size_t n, float *dst) {
  for (size_t i = 0; i < n; i++) dst[i] = halftone_float((uint32_t)src[i] << 16);
}

void halftone_widen_f16_scalar(const uint16_t *src, size_t n, float *dst) {
  for (size_t i = 0; i < n; i++) dst[i] = halftone_widen_half(src[i]);
}

void halftone_narrow_bf16_scalar(const float *src, size_t n, uint16_t *dst) {
  for (size_t i = 0; i < n; i++) {
    uint32_t bits = halftone_bits(src[i]);
    // Half of the last kept place, less one unless that place is odd: carries exactly when
    // nearest-even rounds up, and out of the largest finite number into infinity.
    uint32_t rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
    uint32_t quiet = bits >> 16 | 0x40;
    int is_nan = (bits & HALFTONE_MAGNITUDE_MASK) > HALFTONE_INFINITY_BITS;
    dst[i] = (uint16_t)(is_nan ? quiet : rounded);
  }
}

void halftone_narrow_f16_scalar(const float *src, size_t n, uint16_t *dst) {
  for (size_t i = 0; i < n; i++) dst[i] = halftone_narrow_half(src[i]);
}
