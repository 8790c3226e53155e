// SPDX-License-Identifier: Apache-2.0

#include "kernels_internal.h"

#if defined(__aarch64__)
#include <arm_neon.h>

static inline uint32x4_t load_magnitude(const float *src) {
  return vandq_u32(vreinterpretq_u32_f32(vld1q_f32(src)), vdupq_n_u32(HALFTONE_MAGNITUDE_MASK));
}

int halftone_absmax_neon(const float *src, size_t n, size_t block, float *maxima) {
  uint32_t overall = 0;
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    const float *p = src + start;
    size_t count = halftone_smaller(block, n - start), i = 0;
    uint32x4_t m0 = vdupq_n_u32(0), m1 = m0, m2 = m0, m3 = m0;
    for (; i + 16 <= count; i += 16) {
      m0 = vmaxq_u32(m0, load_magnitude(p + i));
      m1 = vmaxq_u32(m1, load_magnitude(p + i + 4));
      m2 = vmaxq_u32(m2, load_magnitude(p + i + 8));
      m3 = vmaxq_u32(m3, load_magnitude(p + i + 12));
    }
    uint32_t largest = vmaxvq_u32(vmaxq_u32(vmaxq_u32(m0, m1), vmaxq_u32(m2, m3)));
    for (; i < count; i++) {
      uint32_t magnitude = halftone_bits(p[i]) & HALFTONE_MAGNITUDE_MASK;
      largest = magnitude > largest ? magnitude : largest;
    }
    maxima[b] = halftone_float(largest);
    overall = largest > overall ? largest : overall;
  }
  return overall >= HALFTONE_INFINITY_BITS;
}

static inline int32x4_t load_order(const float *src) {
  int32x4_t bits = vreinterpretq_s32_f32(vld1q_f32(src));
  uint32x4_t negative = vreinterpretq_u32_s32(vshrq_n_s32(bits, 31));
  return veorq_s32(bits, vreinterpretq_s32_u32(vshrq_n_u32(negative, 1)));
}

int halftone_minmax_neon(const float *src, size_t n, size_t block, float *minima, float *maxima) {
  int found = 0;
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    const float *p = src + start;
    size_t count = halftone_smaller(block, n - start), i = 0;
    int32x4_t low0 = vdupq_n_s32(INT32_MAX), high0 = vdupq_n_s32(INT32_MIN);
    int32x4_t low1 = low0, high1 = high0;
    for (; i + 8 <= count; i += 8) {
      int32x4_t x = load_order(p + i), y = load_order(p + i + 4);
      low0 = vminq_s32(low0, x);
      high0 = vmaxq_s32(high0, x);
      low1 = vminq_s32(low1, y);
      high1 = vmaxq_s32(high1, y);
    }
    int32_t smallest = vminvq_s32(vminq_s32(low0, low1));
    int32_t largest = vmaxvq_s32(vmaxq_s32(high0, high1));
    for (; i < count; i++) {
      int32_t order = halftone_order((int32_t)halftone_bits(p[i]));
      smallest = order < smallest ? order : smallest;
      largest = order > largest ? order : largest;
    }
    minima[b] = halftone_float((uint32_t)halftone_order(smallest));
    maxima[b] = halftone_float((uint32_t)halftone_order(largest));
    found |= !halftone_order_is_finite(smallest, largest);
  }
  return found;
}

#endif
