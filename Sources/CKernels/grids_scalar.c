// SPDX-License-Identifier: Apache-2.0

#include "grids_internal.h"

static uint8_t e4m3_code(float y) {
  uint32_t bits = halftone_bits(y);
  uint32_t sign = bits >> 24 & 0x80u;
  uint32_t magnitude = bits & HALFTONE_MAGNITUDE_MASK;
  if (magnitude > HALFTONE_INFINITY_BITS) return (uint8_t)(sign | 0x7Fu);
  if (magnitude > HALFTONE_E4M3_LARGEST_BITS) magnitude = HALFTONE_E4M3_LARGEST_BITS;
  if (magnitude < HALFTONE_E4M3_NORMAL_BITS) {
    // The sum's last place is 2^-9, the step of subnormal codes.
    float sum = halftone_float(magnitude) + HALFTONE_E4M3_SUBNORMAL_SUM;
    return (uint8_t)(sign | (halftone_bits(sum) - halftone_bits(HALFTONE_E4M3_SUBNORMAL_SUM)));
  }
  // Half a place less one, and one where the last place that stays is odd: a carry rounds up.
  uint32_t rounded = magnitude + 0x7FFFFu + (magnitude >> 20 & 1u);
  return (uint8_t)(sign | ((rounded >> 20) - HALFTONE_E4M3_REBIAS));
}

void halftone_encode_e4m3_scalar(const float *src, size_t n, size_t block, const float *scales,
                                 uint8_t *codes) {
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    size_t end = start + halftone_smaller(block, n - start);
    for (size_t i = start; i < end; i++) codes[i] = e4m3_code(src[i] / scales[b]);
  }
}

static unsigned e2m1_code(float y) {
  float m = halftone_float(halftone_bits(y) & HALFTONE_MAGNITUDE_MASK);
  // A tie goes to the even code: a point above an odd code is part of what lies above it.
  unsigned code = (m > 0.25f) + (m >= 0.75f) + (m > 1.25f) + (m >= 1.75f) + (m > 2.5f) +
                  (m >= 3.5f) + (m > 5.0f);
  return code | (y < 0 ? 8u : 0u);
}

void halftone_encode_e2m1_scalar(const float *src, size_t n, size_t block, const float *scales,
                                 uint8_t *codes) {
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    size_t end = start + halftone_smaller(block, n - start);
    for (size_t i = start; i < end; i++) {
      unsigned code = e2m1_code(src[i] / scales[b]);
      if (i % 2 == 0) {
        codes[i / 2] = (uint8_t)code;
      } else {
        codes[i / 2] |= (uint8_t)(code << 4);
      }
    }
  }
}

static float e4m3_number(uint8_t code) {
  uint32_t sign = (uint32_t)(code & 0x80u) << 24;
  uint32_t magnitude = code & 0x7Fu;
  if (magnitude == 0x7Fu) return halftone_float(sign | 0x7FC00000u);
  // The exponent's bias differs by 120; multiplying also normalizes subnormal numbers.
  float number = halftone_float(magnitude << 20) * HALFTONE_E4M3_UNBIAS;
  return halftone_float(halftone_bits(number) | sign);
}

void halftone_decode_e4m3_scalar(const uint8_t *codes, size_t n, size_t block, const float *scales,
                                 float *dst) {
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    size_t end = start + halftone_smaller(block, n - start);
    for (size_t i = start; i < end; i++) dst[i] = e4m3_number(codes[i]) * scales[b];
  }
}

void halftone_decode_lookup4_low_scalar(const uint8_t *codes, size_t n, size_t block,
                                        const float *table, const float *scales, float *dst) {
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    size_t end = start + halftone_smaller(block, n - start);
    for (size_t i = start; i < end; i++) {
      unsigned code = i % 2 == 0 ? codes[i / 2] & 15u : codes[i / 2] >> 4;
      dst[i] = table[code] * scales[b];
    }
  }
}

void halftone_decode_lookup8_scalar(const uint8_t *codes, size_t n, size_t block,
                                    const float *table, const float *scales, float addend,
                                    float *dst) {
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    size_t end = start + halftone_smaller(block, n - start);
    for (size_t i = start; i < end; i++) {
      const float product = table[codes[i]] * scales[b];
      dst[i] = product + addend;
    }
  }
}
