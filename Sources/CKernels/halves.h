// SPDX-License-Identifier: Apache-2.0
//
// Half precision in integers and fp32, for processors without it.

#ifndef HALFTONE_HALVES_H
#define HALFTONE_HALVES_H

#include "kernels_internal.h"

static inline float halftone_widen_half(uint16_t half) {
  uint32_t sign = (uint32_t)(half & 0x8000) << 16;
  uint32_t magnitude = half & 0x7FFF;
  if (magnitude > 0x7C00) return halftone_float(sign | 0x7FC00000 | magnitude << 13);
  if (magnitude == 0x7C00) return halftone_float(sign | HALFTONE_INFINITY_BITS);
  // The magnitude's bits read as a float are 2^-112 of the half; the product is exact.
  float value = halftone_float(magnitude << 13) * halftone_float((127 + 112) << 23);
  return halftone_float(sign | halftone_bits(value));
}

static inline uint16_t halftone_narrow_half(float value) {
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

#endif
