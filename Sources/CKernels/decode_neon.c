// SPDX-License-Identifier: Apache-2.0

#include "kernels_internal.h"

#if defined(__aarch64__)
#include <arm_neon.h>

/// Eight bytes of two codes to 16 of one each.
static inline uint8x16_t spread(const uint8_t *codes) {
  uint8x8_t bytes = vld1_u8(codes);
  uint8x8_t first = vshr_n_u8(bytes, 4), second = vand_u8(bytes, vdup_n_u8(15));
  return vcombine_u8(vzip1_u8(first, second), vzip2_u8(first, second));
}

static inline void store_scaled(float *dst, uint16x8_t low, uint16x8_t high, float scale) {
  uint32x4_t first = vreinterpretq_u32_u16(vzip1q_u16(low, high));
  uint32x4_t second = vreinterpretq_u32_u16(vzip2q_u16(low, high));
  vst1q_f32(dst, vmulq_n_f32(vreinterpretq_f32_u32(first), scale));
  vst1q_f32(dst + 4, vmulq_n_f32(vreinterpretq_f32_u32(second), scale));
}

void halftone_decode_lookup4_neon(const uint8_t *codes, size_t n, size_t block, const float *table,
                                  const float *scales, float *dst) {
  // A block that starts inside a byte.
  if (block % 2 == 1) {
    halftone_decode_lookup4_scalar(codes, n, block, table, scales, dst);
    return;
  }
  // Plane k has byte k of each of the 16 floats.
  const uint8x16x4_t planes = vld4q_u8((const uint8_t *)table);
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    const uint8_t *in = codes + start / 2;
    float *out = dst + start;
    size_t count = halftone_smaller(block, n - start), i = 0;
    for (; i + 16 <= count; i += 16) {
      uint8x16_t code = spread(in + i / 2);
      uint8x16_t b0 = vqtbl1q_u8(planes.val[0], code), b1 = vqtbl1q_u8(planes.val[1], code);
      uint8x16_t b2 = vqtbl1q_u8(planes.val[2], code), b3 = vqtbl1q_u8(planes.val[3], code);
      store_scaled(out + i, vreinterpretq_u16_u8(vzip1q_u8(b0, b1)),
                   vreinterpretq_u16_u8(vzip1q_u8(b2, b3)), scales[b]);
      store_scaled(out + i + 8, vreinterpretq_u16_u8(vzip2q_u8(b0, b1)),
                   vreinterpretq_u16_u8(vzip2q_u8(b2, b3)), scales[b]);
    }
    if (i < count) {
      halftone_decode_lookup4_scalar(in + i / 2, count - i, block, table, scales + b, out + i);
    }
  }
}

static inline void store_int16(float *dst, int16x8_t codes, float scale) {
  float32x4_t low = vcvtq_f32_s32(vmovl_s16(vget_low_s16(codes)));
  float32x4_t high = vcvtq_f32_s32(vmovl_s16(vget_high_s16(codes)));
  vst1q_f32(dst, vmulq_n_f32(low, scale));
  vst1q_f32(dst + 4, vmulq_n_f32(high, scale));
}

void halftone_decode_int8_neon(const int8_t *codes, size_t n, size_t block, const float *scales,
                               float *dst) {
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    const int8_t *in = codes + start;
    float *out = dst + start;
    size_t count = halftone_smaller(block, n - start), i = 0;
    for (; i + 16 <= count; i += 16) {
      int8x16_t bytes = vld1q_s8(in + i);
      store_int16(out + i, vmovl_s8(vget_low_s8(bytes)), scales[b]);
      store_int16(out + i + 8, vmovl_s8(vget_high_s8(bytes)), scales[b]);
    }
    if (i < count) halftone_decode_int8_scalar(in + i, count - i, block, scales + b, out + i);
  }
}

static inline void store_affine(float *dst, uint16x8_t codes, float zero, float scale) {
  float32x4_t zeros = vdupq_n_f32(zero);
  float32x4_t low = vcvtq_f32_u32(vmovl_u16(vget_low_u16(codes)));
  float32x4_t high = vcvtq_f32_u32(vmovl_u16(vget_high_u16(codes)));
  vst1q_f32(dst, vmulq_n_f32(vsubq_f32(low, zeros), scale));
  vst1q_f32(dst + 4, vmulq_n_f32(vsubq_f32(high, zeros), scale));
}

void halftone_decode_uint4_neon(const uint8_t *codes, size_t n, size_t block, const float *scales,
                                const float *zeros, float *dst) {
  if (block % 2 == 1) {
    halftone_decode_uint4_scalar(codes, n, block, scales, zeros, dst);
    return;
  }
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    const uint8_t *in = codes + start / 2;
    float *out = dst + start;
    size_t count = halftone_smaller(block, n - start), i = 0;
    for (; i + 16 <= count; i += 16) {
      uint8x16_t code = spread(in + i / 2);
      store_affine(out + i, vmovl_u8(vget_low_u8(code)), zeros[b], scales[b]);
      store_affine(out + i + 8, vmovl_u8(vget_high_u8(code)), zeros[b], scales[b]);
    }
    if (i < count) {
      halftone_decode_uint4_scalar(in + i / 2, count - i, block, scales + b, zeros + b, out + i);
    }
  }
}

#endif
