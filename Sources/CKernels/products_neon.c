// SPDX-License-Identifier: Apache-2.0
//
// Products in exact arithmetic, 32 weights at a time. Of four-bit codes the upper nibbles of 16 bytes
// are the weights of even place and the lower ones those of odd place; `arrange` puts the activations
// so. All else is in its natural order.

#include "product_tiles.h"

#if defined(__aarch64__)
#include <arm_neon.h>

#define INLINE static inline __attribute__((always_inline))

/// Weights that are widened together, and the vectors that they fill.
#define GROUP 32
#define VECTORS 8

/// Whether blocks lie as the vectors want them; others are left to the portable code.
static int has_whole_vectors(const halftone_coded_rows *weights) {
  if (weights->block % GROUP == 0 || halftone_has_half_groups(weights)) return 1;
  return !halftone_is_four_bit(weights->kind) && weights->block == weights->columns;
}

void halftone_arrange_neon(const halftone_coded_rows *weights, const float *x, float *arranged) {
  halftone_arrange_scalar(weights, x, arranged);
  if (!halftone_is_four_bit(weights->kind) || !has_whole_vectors(weights)) return;
  for (size_t start = 0; start < weights->columns; start += GROUP) {
    for (size_t half = 0; half < GROUP; half += 16) {
      const float32x4x2_t low = vld2q_f32(x + start + half);
      const float32x4x2_t high = vld2q_f32(x + start + half + 8);
      for (size_t odd = 0; odd < 2; odd++) {
        float *out = arranged + start + 16 * odd + half / 2;
        vst1q_f32(out, low.val[odd]);
        vst1q_f32(out + 4, high.val[odd]);
      }
    }
  }
}

/// The weights behind 16 codes: plane k of the table has byte k of each of its floats.
INLINE void look_up(const uint8x16x4_t *planes, uint8x16_t code, float32x4_t *numbers) {
  const uint8x16_t b0 = vqtbl1q_u8(planes->val[0], code), b1 = vqtbl1q_u8(planes->val[1], code);
  const uint8x16_t b2 = vqtbl1q_u8(planes->val[2], code), b3 = vqtbl1q_u8(planes->val[3], code);
  const uint16x8_t lower[2] = {vreinterpretq_u16_u8(vzip1q_u8(b0, b1)),
                               vreinterpretq_u16_u8(vzip2q_u8(b0, b1))};
  const uint16x8_t upper[2] = {vreinterpretq_u16_u8(vzip1q_u8(b2, b3)),
                               vreinterpretq_u16_u8(vzip2q_u8(b2, b3))};
  for (int i = 0; i < 2; i++) {
    numbers[2 * i] = vreinterpretq_f32_u16(vzip1q_u16(lower[i], upper[i]));
    numbers[2 * i + 1] = vreinterpretq_f32_u16(vzip2q_u16(lower[i], upper[i]));
  }
}

INLINE void widen_bytes(int8x16_t bytes, float32x4_t *numbers) {
  const int16x8_t halves[2] = {vmovl_s8(vget_low_s8(bytes)), vmovl_high_s8(bytes)};
  for (int i = 0; i < 2; i++) {
    numbers[2 * i] = vcvtq_f32_s32(vmovl_s16(vget_low_s16(halves[i])));
    numbers[2 * i + 1] = vcvtq_f32_s32(vmovl_high_s16(halves[i]));
  }
}

/// 32 weights without their scale, from codes of one kind (a constant).
INLINE void widen(const halftone_code_kind kind, const uint8_t *codes, const uint8x16x4_t *planes,
                  uint8_t zero, float32x4_t numbers[VECTORS]) {
  if (halftone_is_four_bit(kind)) {
    const uint8x16_t bytes = vld1q_u8(codes);
    const uint8x16_t nibbles[2] = {vshrq_n_u8(bytes, 4), vandq_u8(bytes, vdupq_n_u8(15))};
    for (int odd = 0; odd < 2; odd++) {
      if (kind == HALFTONE_CODES_LOOKUP4) {
        look_up(planes, nibbles[odd], numbers + 4 * odd);
      } else {
        const uint8x16_t differences = vsubq_u8(nibbles[odd], vdupq_n_u8(zero));
        widen_bytes(vreinterpretq_s8_u8(differences), numbers + 4 * odd);
      }
    }
  } else if (kind == HALFTONE_CODES_INT8) {
    for (int i = 0; i < 2; i++) {
      widen_bytes(vreinterpretq_s8_u8(vld1q_u8(codes + 16 * i)), numbers + 4 * i);
    }
  } else {
    for (int i = 0; i < VECTORS; i++) {
      const uint16x4_t halves = vreinterpret_u16_u8(vld1_u8(codes + 8 * i));
      numbers[i] = kind == HALFTONE_CODES_BF16
                       ? vreinterpretq_f32_u32(vshll_n_u16(halves, 16))
                       : vcvt_f32_f16(vreinterpret_f16_u16(halves));
    }
  }
}

/// One row of one kind times `states` (a constant) rows of activations.
INLINE void multiply_row(const halftone_coded_rows *weights, const halftone_code_kind kind,
                         const uint8x16x4_t *planes, size_t row, const float *arranged,
                         const int states, float *sums) {
  const size_t columns = weights->columns, count = halftone_arranged_count(columns);
  const int has_scales = kind <= HALFTONE_CODES_INT8;
  const size_t block = has_scales ? weights->block : columns, blocks = columns / block;
  const size_t bits = halftone_is_four_bit(kind) ? 4 : kind == HALFTONE_CODES_INT8 ? 8 : 16;
  const uint8_t *codes = halftone_row_codes(weights, row);
  const float *scales = has_scales ? weights->scales + row * blocks : NULL;
  const uint8_t *zeros = kind == HALFTONE_CODES_UINT4 ? weights->zeros + row * blocks : NULL;
  float32x4_t totals[4];
  for (int s = 0; s < states; s++) totals[s] = vdupq_n_f32(0);
  for (size_t start = 0, b = 0; start < columns; start += block, b++) {
    const float scale = has_scales ? scales[b] : 1;
    for (size_t k = start; k < start + block; k += GROUP) {
      const uint8_t *place = codes + k * bits / 8;
      float32x4_t numbers[VECTORS];
      halftone_ask_ahead(place);
      uint8_t last[2 * GROUP];
      if (start + block - k < GROUP) {
        // The end of a row: the activations have zeros there, too.
        memset(last, 0, sizeof last);
        memcpy(last, place, (start + block - k) * bits / 8);
        place = last;
      }
      widen(kind, place, planes, zeros ? zeros[b] : 0, numbers);
      for (int s = 0; s < states; s++) {
        const float *x = arranged + (size_t)s * count + k;
        float32x4_t first = vmulq_f32(numbers[0], vld1q_f32(x));
        float32x4_t second = vmulq_f32(numbers[1], vld1q_f32(x + 4));
        for (int i = 2; i < VECTORS; i += 2) {
          first = vfmaq_f32(first, numbers[i], vld1q_f32(x + 4 * i));
          second = vfmaq_f32(second, numbers[i + 1], vld1q_f32(x + 4 * i + 4));
        }
        totals[s] = vfmaq_n_f32(totals[s], vaddq_f32(first, second), scale);
      }
    }
  }
  for (int s = 0; s < states; s++) sums[s] = vaddvq_f32(totals[s]);
}

/// One row of bytes in blocks of half a group times `states` (a constant) rows of activations.
INLINE void multiply_halves(const halftone_coded_rows *weights, size_t row, const float *arranged,
                            const int states, float *sums) {
  const size_t columns = weights->columns, count = halftone_arranged_count(columns);
  const uint8_t *codes = halftone_row_codes(weights, row);
  const float *scales = weights->scales + row * halftone_blocks_per_row(weights);
  float32x4_t totals[4];
  for (int s = 0; s < states; s++) totals[s] = vdupq_n_f32(0);
  for (size_t k = 0; k < columns; k += GROUP / 2) {
    float32x4_t numbers[VECTORS / 2];
    widen_bytes(vreinterpretq_s8_u8(vld1q_u8(codes + k)), numbers);
    for (int s = 0; s < states; s++) {
      const float *x = arranged + (size_t)s * count + k;
      float32x4_t sum = vmulq_f32(numbers[0], vld1q_f32(x));
      for (int i = 1; i < VECTORS / 2; i++) sum = vfmaq_f32(sum, numbers[i], vld1q_f32(x + 4 * i));
      totals[s] = vfmaq_n_f32(totals[s], sum, scales[k / (GROUP / 2)]);
    }
  }
  for (int s = 0; s < states; s++) sums[s] = vaddvq_f32(totals[s]);
}

/// Some rows of one kind times `states` (a constant) rows of activations.
INLINE void multiply_rows(const halftone_coded_rows *weights, const halftone_code_kind kind,
                          const uint8x16x4_t *planes, size_t first, size_t rows,
                          const float *arranged, const int states, float *out, size_t stride,
                          int adding) {
  for (size_t row = 0; row < rows; row++) {
    float sums[4];
    if (kind == HALFTONE_CODES_INT8 && halftone_has_half_groups(weights)) {
      multiply_halves(weights, first + row, arranged, states, sums);
    } else {
      multiply_row(weights, kind, planes, first + row, arranged, states, sums);
    }
    for (int s = 0; s < states; s++) {
      float *place = out + (size_t)s * stride + row;
      const float sum = weights->factor * sums[s];
      *place = adding ? *place + sum : sum;
    }
  }
}

INLINE void multiply_kind(const halftone_coded_rows *weights, const halftone_code_kind kind,
                          size_t first, size_t rows, const float *arranged, size_t states,
                          float *out, size_t stride, int adding) {
  const size_t count = halftone_arranged_count(weights->columns);
  uint8x16x4_t planes = {{vdupq_n_u8(0), vdupq_n_u8(0), vdupq_n_u8(0), vdupq_n_u8(0)}};
  if (kind == HALFTONE_CODES_LOOKUP4) planes = vld4q_u8((const uint8_t *)weights->table);
#define TILE(n)                                                                                    \
  multiply_rows(weights, kind, &planes, first + start, length, arranged + s * count, n,            \
                out + s * stride + start, stride, adding)
  HALFTONE_PRODUCT_TILES(rows, states, TILE)
#undef TILE
}

void halftone_multiply_exact_neon(const halftone_coded_rows *weights, size_t first, size_t rows,
                                  const float *arranged, size_t states, float *out, size_t stride,
                                  int adding) {
#define KIND(kind)                                                                                 \
  case kind:                                                                                       \
    multiply_kind(weights, kind, first, rows, arranged, states, out, stride, adding);              \
    break;
  if (weights->kind <= HALFTONE_CODES_INT8 && !has_whole_vectors(weights)) {
    halftone_multiply_exact_scalar(weights, first, rows, arranged, states, out, stride, adding);
    return;
  }
  switch (weights->kind) {
    KIND(HALFTONE_CODES_LOOKUP4)
    KIND(HALFTONE_CODES_UINT4)
    KIND(HALFTONE_CODES_INT8)
    KIND(HALFTONE_CODES_BF16)
    KIND(HALFTONE_CODES_F16)
  }
#undef KIND
}

#endif
