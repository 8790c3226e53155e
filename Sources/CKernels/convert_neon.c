// SPDX-License-Identifier: Apache-2.0

#include "kernels_internal.h"

#if defined(__aarch64__)
#include <arm_neon.h>

void halftone_widen_bf16_neon(const uint16_t *src, size_t n, float *dst) {
  uint32_t *bits = (uint32_t *)dst;
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    uint16x8_t halves = vld1q_u16(src + i);
    vst1q_u32(bits + i, vshll_n_u16(vget_low_u16(halves), 16));
    vst1q_u32(bits + i + 4, vshll_n_u16(vget_high_u16(halves), 16));
  }
  halftone_widen_bf16_scalar(src + i, n - i, dst + i);
}

void halftone_widen_f16_neon(const uint16_t *src, size_t n, float *dst) {
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    float16x8_t halves = vreinterpretq_f16_u16(vld1q_u16(src + i));
    vst1q_f32(dst + i, vcvt_f32_f16(vget_low_f16(halves)));
    vst1q_f32(dst + i + 4, vcvt_f32_f16(vget_high_f16(halves)));
  }
  halftone_widen_f16_scalar(src + i, n - i, dst + i);
}

static inline uint16x4_t narrow_bf16(float32x4_t x) {
  uint32x4_t bits = vreinterpretq_u32_f32(x);
  uint32x4_t upper = vshrq_n_u32(bits, 16);
  uint32x4_t odd = vandq_u32(upper, vdupq_n_u32(1));
  uint32x4_t sum = vaddq_u32(vaddq_u32(bits, vdupq_n_u32(0x7FFF)), odd);
  uint32x4_t quiet = vorrq_u32(upper, vdupq_n_u32(0x40));
  uint32x4_t is_number = vceqq_f32(x, x);
  return vmovn_u32(vbslq_u32(is_number, vshrq_n_u32(sum, 16), quiet));
}

void halftone_narrow_bf16_neon(const float *src, size_t n, uint16_t *dst) {
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    uint16x4_t low = narrow_bf16(vld1q_f32(src + i)), high = narrow_bf16(vld1q_f32(src + i + 4));
    vst1q_u16(dst + i, vcombine_u16(low, high));
  }
  halftone_narrow_bf16_scalar(src + i, n - i, dst + i);
}

void halftone_narrow_f16_neon(const float *src, size_t n, uint16_t *dst) {
  size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    vst1_u16(dst + i, vreinterpret_u16_f16(vcvt_f16_f32(vld1q_f32(src + i))));
  }
  halftone_narrow_f16_scalar(src + i, n - i, dst + i);
}

#endif
