// SPDX-License-Identifier: Apache-2.0
//
// Fast products for processors whose instruction adds four products to a lane.

#include "product_tiles.h"

#if defined(__aarch64__)
#include <arm_neon.h>

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

static inline __attribute__((always_inline)) int32x4_t dot(int8x16_t a, int8x16_t b,
                                                           const int8_t *x) {
  return vdotq_s32(vdotq_s32(vdupq_n_s32(0), a, vld1q_s8(x)), b, vld1q_s8(x + 16));
}

static inline __attribute__((always_inline)) int32x4_t half_dot(int8x16_t a, const int8_t *x) {
  return vdotq_s32(vdupq_n_s32(0), a, vld1q_s8(x));
}

#define VARIANT(name) name##_neon_dotprod
#include "fast_neon.h"

#pragma clang attribute pop
#endif
