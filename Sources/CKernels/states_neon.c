// SPDX-License-Identifier: Apache-2.0
//
// Activations rounded to signed bytes: the same numbers as the portable code gives, four at a time.

#include "products_internal.h"

#if defined(__aarch64__)
#include <arm_neon.h>

#define INLINE static inline __attribute__((always_inline))

/// The codes of a group in their order, and their step.
INLINE int8x16x2_t round_group(const float *x, float *step) {
  const uint32x4_t magnitude = vdupq_n_u32(HALFTONE_MAGNITUDE_MASK);
  float32x4_t v[8];
  uint32x4_t largest = vdupq_n_u32(0);
  for (int i = 0; i < 8; i++) {
    v[i] = vld1q_f32(x + 4 * i);
    largest = vmaxq_u32(largest, vandq_u32(vreinterpretq_u32_f32(v[i]), magnitude));
  }
  *step = halftone_state_step(vmaxvq_u32(largest));
  const float factor = *step > 0 ? 1 / *step : 0;
  int16x8_t halves[4];
  for (int i = 0; i < 8; i++) {
    // Of a NaN and a number this maximum is the number.
    float32x4_t code = vrndnq_f32(vmulq_n_f32(v[i], factor));
    code = vminnmq_f32(vmaxnmq_f32(code, vdupq_n_f32(-127)), vdupq_n_f32(127));
    const int16x4_t narrow = vmovn_s32(vcvtq_s32_f32(code));
    halves[i / 2] = i % 2 == 0 ? vcombine_s16(narrow, narrow)
                               : vcombine_s16(vget_low_s16(halves[i / 2]), narrow);
  }
  return (int8x16x2_t){{vmovn_high_s16(vmovn_s16(halves[0]), halves[1]),
                        vmovn_high_s16(vmovn_s16(halves[2]), halves[3])}};
}

void halftone_quantize_state_neon(const halftone_coded_rows *weights, const float *x, void *start) {
  const halftone_state state = halftone_state_at(start, weights->columns);
  const int is_four_bit = halftone_is_four_bit(weights->kind);
  const int has_sums = weights->block % HALFTONE_STATE_GROUP == 0;
  if (!has_sums && !halftone_has_half_groups(weights)) {
    // Such rows may end inside a group; of four-bit codes the portable code multiplies them.
    halftone_round_state(weights, x, state);
    return;
  }
  const size_t groups = halftone_arranged_count(weights->columns) / HALFTONE_STATE_GROUP;
  const size_t whole = weights->columns / HALFTONE_STATE_GROUP;
  const size_t groups_per_block = weights->block / HALFTONE_STATE_GROUP;
  for (size_t g = 0; g < groups; g++) {
    float step = 0;
    int8x16x2_t codes = {{vdupq_n_s8(0), vdupq_n_s8(0)}};
    if (g < whole) codes = round_group(x + g * HALFTONE_STATE_GROUP, &step);
    vst1q_f32(state.steps + 4 * g, vdupq_n_f32(step));
    if (g < whole && has_sums) {
      const int sum = vaddlvq_s8(codes.val[0]) + vaddlvq_s8(codes.val[1]);
      const float share = (float)sum * step;
      float *place = state.sums + g / groups_per_block;
      *place = g % groups_per_block == 0 ? share : *place + share;
    }
    // The nibbles of 16 bytes come as those of even place and those of odd place.
    if (is_four_bit) {
      codes = (int8x16x2_t){{vuzp1q_s8(codes.val[0], codes.val[1]),
                             vuzp2q_s8(codes.val[0], codes.val[1])}};
    }
    vst1q_s8(state.codes + g * HALFTONE_STATE_GROUP, codes.val[0]);
    vst1q_s8(state.codes + g * HALFTONE_STATE_GROUP + 16, codes.val[1]);
  }
}

/// Nobody has measured from how many rows on restored weights are faster.
int halftone_multiplies_many_neon(const halftone_coded_rows *weights) {
  (void)weights;
  return 0;
}

#endif
