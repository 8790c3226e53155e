// SPDX-License-Identifier: Apache-2.0
//
// Products in fast arithmetic, 32 weights at a time; included with and without the dot product
// extension, by a file that defines VARIANT(name), dot(a, b, x), the sums in four lanes of two
// vectors of signed bytes times 32 activations, and half_dot(a, x), those of one. Zeros are taken from
// the codes, which then have a sign.

#include <arm_neon.h>

#define INLINE static inline __attribute__((always_inline))

/// 32 weights as signed bytes, from codes of one kind (a constant).
INLINE int8x16x2_t load_weights(const halftone_code_kind kind, const uint8_t *codes,
                                int8x16_t table, uint8_t zero) {
  if (kind == HALFTONE_CODES_INT8) {
    return (int8x16x2_t){
        {vreinterpretq_s8_u8(vld1q_u8(codes)), vreinterpretq_s8_u8(vld1q_u8(codes + 16))}};
  }
  const uint8x16_t bytes = vld1q_u8(codes);
  const uint8x16_t even = vshrq_n_u8(bytes, 4), odd = vandq_u8(bytes, vdupq_n_u8(15));
  if (kind == HALFTONE_CODES_LOOKUP4) {
    return (int8x16x2_t){{vqtbl1q_s8(table, even), vqtbl1q_s8(table, odd)}};
  }
  const uint8x16_t zeros = vdupq_n_u8(zero);
  return (int8x16x2_t){{vreinterpretq_s8_u8(vsubq_u8(even, zeros)),
                        vreinterpretq_s8_u8(vsubq_u8(odd, zeros))}};
}

/// One row of one kind times `states` (a constant) rows of activations.
INLINE void multiply_row(const halftone_coded_rows *weights, const halftone_code_kind kind,
                         int8x16_t table, size_t row, const void *quantized, const int states,
                         float *sums) {
  const size_t columns = weights->columns, size = halftone_state_bytes(columns);
  const size_t block = weights->block, blocks = columns / block;
  const size_t steps = halftone_arranged_count(columns);
  const size_t codes_per_byte = halftone_is_four_bit(kind) ? 2 : 1;
  const uint8_t *codes = halftone_row_codes(weights, row);
  const float *scales = weights->scales + row * blocks;
  const uint8_t *zeros = kind == HALFTONE_CODES_UINT4 ? weights->zeros + row * blocks : NULL;
  float32x4_t totals[4];
  for (int s = 0; s < states; s++) totals[s] = vdupq_n_f32(0);
  for (size_t start = 0, b = 0; start < columns; start += block, b++) {
    for (size_t k = start; k < start + block; k += HALFTONE_STATE_GROUP) {
      const uint8_t *place = codes + k / codes_per_byte;
      halftone_ask_ahead(place);
      uint8_t last[HALFTONE_STATE_GROUP];
      if (start + block - k < HALFTONE_STATE_GROUP) {
        // The end of a row; four-bit codes end with a group.
        memset(last, 0, sizeof last);
        memcpy(last, place, start + block - k);
        place = last;
      }
      const int8x16x2_t group = load_weights(kind, place, table, zeros ? zeros[b] : 0);
      for (int s = 0; s < states; s++) {
        const char *state = (const char *)quantized + (size_t)s * size;
        const int32x4_t sum = dot(group.val[0], group.val[1], (const int8_t *)state + k);
        const float step =
            ((const float *)(const void *)(state + steps))[k / HALFTONE_STATE_GROUP * 4];
        totals[s] = vfmaq_n_f32(totals[s], vcvtq_f32_s32(sum), step * scales[b]);
      }
    }
  }
  for (int s = 0; s < states; s++) sums[s] = vaddvq_f32(totals[s]);
}

/// One row of bytes in blocks of half a group times `states` (a constant) rows of activations.
INLINE void multiply_halves(const halftone_coded_rows *weights, size_t row, const void *quantized,
                            const int states, float *sums) {
  const size_t columns = weights->columns, size = halftone_state_bytes(columns);
  const size_t steps = halftone_arranged_count(columns), half = HALFTONE_STATE_GROUP / 2;
  const uint8_t *codes = halftone_row_codes(weights, row);
  const float *scales = weights->scales + row * halftone_blocks_per_row(weights);
  float32x4_t totals[4];
  for (int s = 0; s < states; s++) totals[s] = vdupq_n_f32(0);
  for (size_t k = 0; k < columns; k += half) {
    const int8x16_t code = vreinterpretq_s8_u8(vld1q_u8(codes + k));
    for (int s = 0; s < states; s++) {
      const char *state = (const char *)quantized + (size_t)s * size;
      const int32x4_t sum = half_dot(code, (const int8_t *)state + k);
      const float step =
          ((const float *)(const void *)(state + steps))[k / HALFTONE_STATE_GROUP * 4];
      totals[s] = vfmaq_n_f32(totals[s], vcvtq_f32_s32(sum), step * scales[k / half]);
    }
  }
  for (int s = 0; s < states; s++) sums[s] = vaddvq_f32(totals[s]);
}

/// Some rows of one kind times `states` (a constant) rows of activations.
INLINE void multiply_rows(const halftone_coded_rows *weights, const halftone_code_kind kind,
                          int8x16_t table, float unit, size_t first, size_t rows,
                          const void *quantized, const int states, float *out, size_t stride,
                          int adding) {
  for (size_t row = 0; row < rows; row++) {
    float sums[4];
    if (halftone_has_half_groups(weights)) {
      multiply_halves(weights, first + row, quantized, states, sums);
    } else {
      multiply_row(weights, kind, table, first + row, quantized, states, sums);
    }
    for (int s = 0; s < states; s++) {
      float *place = out + (size_t)s * stride + row;
      const float sum = unit * sums[s];
      *place = adding ? *place + sum : sum;
    }
  }
}

INLINE void multiply_kind(const halftone_coded_rows *weights, const halftone_code_kind kind,
                          size_t first, size_t rows, const void *quantized, size_t states,
                          float *out, size_t stride, int adding) {
  const size_t size = halftone_state_bytes(weights->columns);
  int8_t values[16] = {0};
  float unit = weights->factor;
  if (kind == HALFTONE_CODES_LOOKUP4) unit *= halftone_round_table(weights->table, values) / 127;
  const int8x16_t table = vld1q_s8(values);
#define TILE(n)                                                                                    \
  multiply_rows(weights, kind, table, unit, first + start, length,                                 \
                (const char *)quantized + s * size, n, out + s * stride + start, stride, adding)
  HALFTONE_PRODUCT_TILES(rows, states, TILE)
#undef TILE
}

void VARIANT(halftone_multiply_fast)(const halftone_coded_rows *weights, size_t first, size_t rows,
                                     const void *quantized, size_t states, float *out,
                                     size_t stride, int adding) {
#define KIND(kind)                                                                                 \
  case kind:                                                                                       \
    multiply_kind(weights, kind, first, rows, quantized, states, out, stride, adding);             \
    break;
  const int is_row = weights->kind == HALFTONE_CODES_INT8 && weights->block == weights->columns;
  if (weights->block % HALFTONE_STATE_GROUP != 0 && !is_row && !halftone_has_half_groups(weights)) {
    halftone_multiply_fast_scalar(weights, first, rows, quantized, states, out, stride, adding);
    return;
  }
  switch (weights->kind) {
    KIND(HALFTONE_CODES_LOOKUP4)
    KIND(HALFTONE_CODES_UINT4)
    default:
      multiply_kind(weights, HALFTONE_CODES_INT8, first, rows, quantized, states, out, stride,
                    adding);
  }
#undef KIND
}
