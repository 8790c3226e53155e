// SPDX-License-Identifier: Apache-2.0
//
// 16 weights a step, four vectors of four. The binary search takes its first two thresholds by
// selection and the others from byte tables, in which entry k of floats is bytes 4k ... 4k + 3.

#include "kernels_internal.h"

#if defined(__aarch64__)
#include <arm_neon.h>

/// 2 * index + 1 where y > t, else 2 * index.
static inline uint32x4_t descend(uint32x4_t index, float32x4_t y, float32x4_t t) {
  // The comparison gives all ones, which is -1.
  return vsubq_u32(vaddq_u32(index, index), vcgtq_f32(y, t));
}

/// The bytes of table entry `index`.
static inline uint8x16_t entry_bytes(uint32x4_t index) {
  return vreinterpretq_u8_u32(
      vmlaq_u32(vdupq_n_u32(0x03020100), index, vdupq_n_u32(0x04040404)));
}

static inline float32x4_t four_entries(uint8x16_t table, uint32x4_t index) {
  return vreinterpretq_f32_u8(vqtbl1q_u8(table, entry_bytes(index)));
}

static inline float32x4_t eight_entries(uint8x16x2_t table, uint32x4_t index) {
  return vreinterpretq_f32_u8(vqtbl2q_u8(table, entry_bytes(index)));
}

/// Four vectors of 32-bit codes to 16 bytes in order.
static inline uint8x16_t narrow(uint32x4_t a, uint32x4_t b, uint32x4_t c, uint32x4_t d) {
  uint16x8_t ab = vcombine_u16(vmovn_u32(a), vmovn_u32(b));
  uint16x8_t cd = vcombine_u16(vmovn_u32(c), vmovn_u32(d));
  return vcombine_u8(vmovn_u16(ab), vmovn_u16(cd));
}

/// 16 codes in 0...15 to eight bytes of two each.
static inline uint8x8_t pair_up(uint8x16_t codes) {
  uint16x8_t pairs = vreinterpretq_u16_u8(codes);
  return vmovn_u16(vorrq_u16(vshlq_n_u16(pairs, 4), vshrq_n_u16(pairs, 8)));
}

static inline uint8x16_t table_of(float a, float b, float c, float d) {
  const float entries[4] = {a, b, c, d};
  return vreinterpretq_u8_f32(vld1q_f32(entries));
}

typedef struct nf4_tree {
  float32x4_t root, left, right;
  uint8x16_t quarters;
  uint8x16x2_t eighths;
} nf4_tree;

static inline uint32x4_t search_nf4(float32x4_t y, const nf4_tree *tree) {
  uint32x4_t greater = vcgtq_f32(y, tree->root);
  uint32x4_t index = vshrq_n_u32(greater, 31);
  index = descend(index, y, vbslq_f32(greater, tree->right, tree->left));
  index = descend(index, y, four_entries(tree->quarters, index));
  return descend(index, y, eight_entries(tree->eighths, index));
}

void halftone_encode_nf4_neon(const float *src, size_t n, size_t block, const float *absmax,
                              uint8_t *codes) {
  // A block that starts inside a byte.
  if (block % 2 == 1) {
    halftone_encode_nf4_scalar(src, n, block, absmax, codes);
    return;
  }
  float t[15];
  memcpy(t, halftone_nf4_thresholds, sizeof t);
  const nf4_tree tree = {
      .root = vdupq_n_f32(t[7]),
      .left = vdupq_n_f32(t[3]),
      .right = vdupq_n_f32(t[11]),
      .quarters = table_of(t[1], t[5], t[9], t[13]),
      .eighths = {{table_of(t[0], t[2], t[4], t[6]), table_of(t[8], t[10], t[12], t[14])}},
  };
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    const float *p = src + start;
    uint8_t *out = codes + start / 2;
    size_t count = halftone_smaller(block, n - start), i = 0;
    if (absmax[b] == 0) {
      memset(out, 0x77, (count + 1) / 2);
      continue;
    }
    const float factor = halftone_normalizer(absmax[b]);
    for (; i + 16 <= count; i += 16) {
      uint32x4_t c0 = search_nf4(vmulq_n_f32(vld1q_f32(p + i), factor), &tree);
      uint32x4_t c1 = search_nf4(vmulq_n_f32(vld1q_f32(p + i + 4), factor), &tree);
      uint32x4_t c2 = search_nf4(vmulq_n_f32(vld1q_f32(p + i + 8), factor), &tree);
      uint32x4_t c3 = search_nf4(vmulq_n_f32(vld1q_f32(p + i + 12), factor), &tree);
      vst1_u8(out + i / 2, pair_up(narrow(c0, c1, c2, c3)));
    }
    if (i < count) halftone_encode_nf4_scalar(p + i, count - i, block, absmax + b, out + i / 2);
  }
}

typedef struct fp4_tree {
  float32x4_t root, left, right;
  uint8x16_t quarters;
} fp4_tree;

/// The step of magnitude, plus 8 if negative.
static inline uint32x4_t search_fp4(float32x4_t y, const fp4_tree *tree) {
  float32x4_t magnitude = vabsq_f32(y);
  uint32x4_t greater = vcgtq_f32(magnitude, tree->root);
  uint32x4_t index = vshrq_n_u32(greater, 31);
  index = descend(index, magnitude, vbslq_f32(greater, tree->right, tree->left));
  index = descend(index, magnitude, four_entries(tree->quarters, index));
  return vorrq_u32(index, vandq_u32(vcltq_f32(y, vdupq_n_f32(0)), vdupq_n_u32(8)));
}

void halftone_encode_fp4_neon(const float *src, size_t n, size_t block, const float *absmax,
                              uint8_t *codes) {
  if (block % 2 == 1) {
    halftone_encode_fp4_scalar(src, n, block, absmax, codes);
    return;
  }
  float t[7];
  memcpy(t, halftone_fp4_thresholds, sizeof t);
  const fp4_tree tree = {
      .root = vdupq_n_f32(t[3]),
      .left = vdupq_n_f32(t[1]),
      .right = vdupq_n_f32(t[5]),
      .quarters = table_of(t[0], t[2], t[4], t[6]),
  };
  const uint8x8_t positive = vld1_u8(halftone_fp4_codes);
  const uint8x16_t code_of_step = vcombine_u8(positive, vorr_u8(positive, vdup_n_u8(8)));
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    const float *p = src + start;
    uint8_t *out = codes + start / 2;
    size_t count = halftone_smaller(block, n - start), i = 0;
    if (absmax[b] == 0) {
      memset(out, 0, (count + 1) / 2);
      continue;
    }
    const float factor = halftone_normalizer(absmax[b]);
    for (; i + 16 <= count; i += 16) {
      uint32x4_t c0 = search_fp4(vmulq_n_f32(vld1q_f32(p + i), factor), &tree);
      uint32x4_t c1 = search_fp4(vmulq_n_f32(vld1q_f32(p + i + 4), factor), &tree);
      uint32x4_t c2 = search_fp4(vmulq_n_f32(vld1q_f32(p + i + 8), factor), &tree);
      uint32x4_t c3 = search_fp4(vmulq_n_f32(vld1q_f32(p + i + 12), factor), &tree);
      uint8x16_t steps = narrow(c0, c1, c2, c3);
      vst1_u8(out + i / 2, pair_up(vqtbl1q_u8(code_of_step, steps)));
    }
    if (i < count) halftone_encode_fp4_scalar(p + i, count - i, block, absmax + b, out + i / 2);
  }
}

/// By comparison and selection, because the maximum instructions pass NaN on.
static inline float32x4_t clamp(float32x4_t x, float low, float high) {
  float32x4_t lows = vdupq_n_f32(low), highs = vdupq_n_f32(high);
  float32x4_t raised = vbslq_f32(vcgtq_f32(x, lows), x, lows);
  return vbslq_f32(vcltq_f32(raised, highs), raised, highs);
}

static inline int32x4_t int8_codes(const float *src, float multiplier) {
  return vcvtnq_s32_f32(clamp(vmulq_n_f32(vld1q_f32(src), multiplier), -127, 127));
}

void halftone_encode_int8_neon(const float *src, size_t n, size_t block, const float *multipliers,
                               int8_t *codes) {
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    const float *p = src + start;
    int8_t *out = codes + start;
    size_t count = halftone_smaller(block, n - start), i = 0;
    for (; i + 16 <= count; i += 16) {
      int16x8_t ab = vcombine_s16(vmovn_s32(int8_codes(p + i, multipliers[b])),
                                  vmovn_s32(int8_codes(p + i + 4, multipliers[b])));
      int16x8_t cd = vcombine_s16(vmovn_s32(int8_codes(p + i + 8, multipliers[b])),
                                  vmovn_s32(int8_codes(p + i + 12, multipliers[b])));
      vst1q_s8(out + i, vcombine_s8(vmovn_s16(ab), vmovn_s16(cd)));
    }
    if (i < count) {
      halftone_encode_int8_scalar(p + i, count - i, block, multipliers + b, out + i);
    }
  }
}

static inline uint32x4_t uint4_codes(const float *src, float multiplier, float zero) {
  float32x4_t rounded = vrndnq_f32(vmulq_n_f32(vld1q_f32(src), multiplier));
  return vcvtnq_u32_f32(clamp(vaddq_f32(rounded, vdupq_n_f32(zero)), 0, 15));
}

void halftone_encode_uint4_neon(const float *src, size_t n, size_t block, const float *multipliers,
                                const float *zeros, uint8_t *codes) {
  if (block % 2 == 1) {
    halftone_encode_uint4_scalar(src, n, block, multipliers, zeros, codes);
    return;
  }
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    const float *p = src + start;
    uint8_t *out = codes + start / 2;
    size_t count = halftone_smaller(block, n - start), i = 0;
    const float multiplier = multipliers[b], zero = zeros[b];
    for (; i + 16 <= count; i += 16) {
      uint32x4_t c0 = uint4_codes(p + i, multiplier, zero);
      uint32x4_t c1 = uint4_codes(p + i + 4, multiplier, zero);
      uint32x4_t c2 = uint4_codes(p + i + 8, multiplier, zero);
      uint32x4_t c3 = uint4_codes(p + i + 12, multiplier, zero);
      vst1_u8(out + i / 2, pair_up(narrow(c0, c1, c2, c3)));
    }
    if (i < count) {
      halftone_encode_uint4_scalar(p + i, count - i, block, multipliers + b, zeros + b,
                                   out + i / 2);
    }
  }
}

#endif
