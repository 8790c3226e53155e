// SPDX-License-Identifier: Apache-2.0
//
// Fast products for processors without the dot product extension. Two products of at most 128 * 127
// fit 16 bits.

#include "product_tiles.h"

#if defined(__aarch64__)
#include <arm_neon.h>

static inline __attribute__((always_inline)) int32x4_t dot(int8x16_t a, int8x16_t b,
                                                           const int8_t *x) {
  const int8x16_t first = vld1q_s8(x), second = vld1q_s8(x + 16);
  int16x8_t low = vmull_s8(vget_low_s8(a), vget_low_s8(first));
  int16x8_t high = vmull_high_s8(a, first);
  low = vmlal_s8(low, vget_low_s8(b), vget_low_s8(second));
  high = vmlal_high_s8(high, b, second);
  return vpadalq_s16(vpaddlq_s16(low), high);
}

static inline __attribute__((always_inline)) int32x4_t half_dot(int8x16_t a, const int8_t *x) {
  const int8x16_t half = vld1q_s8(x);
  const int32x4_t low = vpaddlq_s16(vmull_s8(vget_low_s8(a), vget_low_s8(half)));
  return vpadalq_s16(low, vmull_high_s8(a, half));
}

#define VARIANT(name) name##_neon
#include "fast_neon.h"

#endif
