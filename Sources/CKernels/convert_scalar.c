// SPDX-License-Identifier: Apache-2.0

#include "kernels_internal.h"

void halftone_widen_bf16_scalar(const uint16_t *src, size_t n, float *dst) {
  for (size_t i = 0; i < n; i++) dst[i] = halftone_float((uint32_t)src[i] << 16);
}

static float widen_f16(uint16_t half) {
  uint32_t sign = (uint32_t)(half & 0x8000) << 16;
  uint32_t magnitude = half & 0x7FFF;
  if (magnitude > 0x7C00) return halftone_float(sign | 0x7FC00000 | magnitude << 13);
  if (magnitude == 0x7C00) return halftone_float(sign | HALFTONE_INFINITY_BITS);
  // The magnitude's bits read as a float are 2^-112 of the half; the product is exact.
  float value = halftone_float(magnitude << 13) * halftone_float((127 + 112) << 23);
  return halftone_float(sign | halftone_bits(value));
}

void halftone_widen_f16_scalar(const uint16_t *src, size_t n, float *dst) {
  for (size_t i = 0; i < n; i++) dst[i] = widen_f16(src[i]);
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

static uint16_t narrow_f16(float value) {
  uint32_t bits = halftone_bits(value);
  uint32_t sign = bits >> 16 & 0x8000;
  uint32_t magnitude = bits & HALFTONE_MAGNITUDE_MASK;
  if (magnitude > HALFTONE_INFINITY_BITS) {
    return (uint16_t)(sign | 0x7E00 | (magnitude >> 13 & 0x3FF));
  }
  // From 65520 on the nearest half is infinite.
  if (magnitude >= 0x477FF000) return (uint16_t)(sign | 0x7C00);
  if (magnitude < 0x38800000) {
    // Subnormal: the last place of 0.5f is 2^-24, so that the addition does the rounding.
    float shifted = halftone_float(magnitude) + 0.5f;
    return (uint16_t)(sign | (halftone_bits(shifted) - 0x3F000000));
  }
  uint32_t rebiased = magnitude - ((127 - 15) << 23);
  return (uint16_t)(sign | (rebiased + 0xFFF + (rebiased >> 13 & 1)) >> 13);
}

void halftone_narrow_f16_scalar(const float *src, size_t n, uint16_t *dst) {
  for (size_t i = 0; i < n; i++) dst[i] = narrow_f16(src[i]);
}
