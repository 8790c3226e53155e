// SPDX-License-Identifier: Apache-2.0

#include "kernels_internal.h"

/// Appends one 4-bit code; weight 0 of each pair goes to the high nibble.
static void put(uint8_t *codes, size_t i, unsigned code) {
  if (i % 2 == 0) {
    codes[i / 2] = (uint8_t)(code << 4);
  } else {
    codes[i / 2] |= (uint8_t)code;
  }
}

void halftone_encode_nf4_scalar(const float *src, size_t n, size_t block, const float *absmax,
                                uint8_t *codes) {
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    size_t end = start + halftone_smaller(block, n - start);
    float factor = halftone_normalizer(absmax[b]);
    for (size_t i = start; i < end; i++) {
      float y = src[i] * factor;
      unsigned code = 0;
      for (int t = 0; t < 15; t++) code += halftone_float(halftone_nf4_thresholds[t]) < y;
      put(codes, i, absmax[b] == 0 ? 7 : code);
    }
  }
  if (n % 2 == 1) put(codes, n, 7);
}

void halftone_encode_fp4_scalar(const float *src, size_t n, size_t block, const float *absmax,
                                uint8_t *codes) {
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    size_t end = start + halftone_smaller(block, n - start);
    float factor = halftone_normalizer(absmax[b]);
    for (size_t i = start; i < end; i++) {
      float y = src[i] * factor;
      float magnitude = halftone_float(halftone_bits(y) & HALFTONE_MAGNITUDE_MASK);
      unsigned step = 0;
      for (int t = 0; t < 7; t++) step += halftone_float(halftone_fp4_thresholds[t]) < magnitude;
      unsigned code = halftone_fp4_codes[step] | (y < 0 ? 8u : 0u);
      put(codes, i, absmax[b] == 0 ? 0 : code);
    }
  }
  if (n % 2 == 1) put(codes, n, 0);
}

/// The nearest whole number, halves to even. From 2^23 on every float is whole; below, adding 2^23
/// makes the last place a one.
static float round_half_even(float value) {
  uint32_t sign = halftone_bits(value) & ~HALFTONE_MAGNITUDE_MASK;
  float magnitude = halftone_float(halftone_bits(value) ^ sign);
  if (!(magnitude < 8388608.0f)) return value;
  float rounded = (magnitude + 8388608.0f) - 8388608.0f;
  return halftone_float(halftone_bits(rounded) | sign);
}

/// NaN gives `low`, as the x86 instructions do.
static float clamp(float value, float low, float high) {
  float raised = value > low ? value : low;
  return raised < high ? raised : high;
}

void halftone_encode_int8_scalar(const float *src, size_t n, size_t block,
                                 const float *multipliers, int8_t *codes) {
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    size_t end = start + halftone_smaller(block, n - start);
    for (size_t i = start; i < end; i++) {
      codes[i] = (int8_t)round_half_even(clamp(src[i] * multipliers[b], -127, 127));
    }
  }
}

static unsigned uint4_code(float weight, float multiplier, float zero) {
  return (unsigned)clamp(round_half_even(weight * multiplier) + zero, 0, 15);
}

void halftone_encode_uint4_scalar(const float *src, size_t n, size_t block,
                                  const float *multipliers, const float *zeros, uint8_t *codes) {
  size_t b = 0;
  for (size_t start = 0; start < n; start += block, b++) {
    size_t end = start + halftone_smaller(block, n - start);
    for (size_t i = start; i < end; i++) {
      put(codes, i, uint4_code(src[i], multipliers[b], zeros[b]));
    }
  }
  // The pad has the zero point of the last block, even where that block is full.
  if (n % 2 == 1) put(codes, n, uint4_code(0, 1, zeros[b - 1]));
}
