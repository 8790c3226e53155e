// SPDX-License-Identifier: Apache-2.0

#include "products_internal.h"

#include <math.h>

void halftone_arrange_scalar(const halftone_coded_rows *weights, const float *x, float *arranged) {
  const size_t columns = weights->columns;
  memcpy(arranged, x, columns * sizeof(float));
  memset(arranged + columns, 0, (halftone_arranged_count(columns) - columns) * sizeof(float));
}

static unsigned nibble(const uint8_t *codes, size_t i) {
  return i % 2 == 0 ? codes[i / 2] >> 4 : codes[i / 2] & 15u;
}

/// A weight without its scale.
static float number(const halftone_coded_rows *weights, const uint8_t *codes, size_t k, float zero) {
  uint16_t half;
  float value;
  switch (weights->kind) {
    case HALFTONE_CODES_LOOKUP4:
      return weights->table[nibble(codes, k)];
    case HALFTONE_CODES_UINT4:
      return (float)nibble(codes, k) - zero;
    case HALFTONE_CODES_INT8:
      return (float)(int8_t)codes[k];
    case HALFTONE_CODES_BF16:
      memcpy(&half, codes + 2 * k, 2);
      return halftone_float((uint32_t)half << 16);
    default:
      memcpy(&half, codes + 2 * k, 2);
      halftone_widen_f16_scalar(&half, 1, &value);
      return value;
  }
}

static void put(float *out, float sum, int adding) { *out = adding ? *out + sum : sum; }

void halftone_multiply_exact_scalar(const halftone_coded_rows *weights, size_t first, size_t rows,
                              const float *arranged, size_t states, float *out, size_t stride,
                              int adding) {
  const size_t columns = weights->columns, count = halftone_arranged_count(columns);
  const size_t blocks = halftone_blocks_per_row(weights);
  for (size_t row = 0; row < rows; row++) {
    const uint8_t *codes = halftone_row_codes(weights, first + row);
    for (size_t s = 0; s < states; s++) {
      const float *x = arranged + s * count;
      float total = 0;
      for (size_t b = 0; b < blocks; b++) {
        const size_t start = b * weights->block;
        const float zero =
            weights->zeros ? (float)weights->zeros[(first + row) * blocks + b] : 0.0f;
        // Lanes, so that a long block does not lose more than vectors do.
        float lanes[8] = {0};
        for (size_t k = start; k < start + weights->block; k++) {
          lanes[k % 8] += number(weights, codes, k, zero) * x[k];
        }
        float sum = 0;
        for (int lane = 0; lane < 8; lane++) sum += lanes[lane];
        total += weights->scales ? sum * weights->scales[(first + row) * blocks + b] : sum;
      }
      put(out + s * stride + row, weights->factor * total, adding);
    }
  }
}

// MARK: - Fast arithmetic

void halftone_round_state(const halftone_coded_rows *weights, const float *x,
                          halftone_state state) {
  const size_t columns = weights->columns, count = halftone_arranged_count(columns);
  for (size_t start = 0; start < count; start += HALFTONE_STATE_GROUP) {
    const size_t length =
        start < columns ? halftone_smaller(HALFTONE_STATE_GROUP, columns - start) : 0;
    uint32_t largest = 0;
    for (size_t k = start; k < start + length; k++) {
      const uint32_t magnitude = halftone_bits(x[k]) & HALFTONE_MAGNITUDE_MASK;
      if (magnitude > largest) largest = magnitude;
    }
    const float step = halftone_state_step(largest);
    const float factor = step > 0 ? 1 / step : 0;
    for (size_t k = 0; k < HALFTONE_STATE_GROUP; k++) {
      float code = k < length ? rintf(x[start + k] * factor) : 0;
      // A reciprocal may be rounded up; and a NaN is no byte.
      code = code > 127 ? 127 : code >= -127 ? code : -127;
      state.codes[start + k] = (int8_t)code;
    }
    for (int k = 0; k < 4; k++) state.steps[start / HALFTONE_STATE_GROUP * 4 + (size_t)k] = step;
  }
  if (weights->block % HALFTONE_STATE_GROUP != 0) return;
  for (size_t b = 0; b < columns / weights->block; b++) {
    float sum = 0;
    for (size_t start = b * weights->block; start < (b + 1) * weights->block;
         start += HALFTONE_STATE_GROUP) {
      int codes = 0;
      for (size_t k = 0; k < HALFTONE_STATE_GROUP; k++) codes += state.codes[start + k];
      sum += (float)codes * state.steps[start / HALFTONE_STATE_GROUP * 4];
    }
    state.sums[b] = sum;
  }
}

void halftone_quantize_state_scalar(const halftone_coded_rows *weights, const float *x,
                                    void *state) {
  halftone_round_state(weights, x, halftone_state_at(state, weights->columns));
}

void halftone_multiply_fast_scalar(const halftone_coded_rows *weights, size_t first, size_t rows,
                                   const void *quantized, size_t states, float *out, size_t stride,
                                   int adding) {
  const size_t columns = weights->columns, blocks = halftone_blocks_per_row(weights);
  const size_t size = halftone_state_bytes(columns);
  int8_t table[16] = {0};
  float unit = weights->factor;
  if (weights->kind == HALFTONE_CODES_LOOKUP4) {
    unit *= halftone_round_table(weights->table, table) / 127;
  }
  for (size_t row = 0; row < rows; row++) {
    const uint8_t *codes = halftone_row_codes(weights, first + row);
    for (size_t s = 0; s < states; s++) {
      const halftone_state state = halftone_state_at((const char *)quantized + s * size, columns);
      float total = 0;
      // As long as neither the scale nor the step changes, sums are whole.
      for (size_t k = 0, end; k < columns; k = end) {
        const size_t block = k / weights->block, group = k / HALFTONE_STATE_GROUP;
        end = halftone_smaller((block + 1) * weights->block, (group + 1) * HALFTONE_STATE_GROUP);
        end = halftone_smaller(end, columns);
        const int zero = weights->zeros ? weights->zeros[(first + row) * blocks + block] : 0;
        int sum = 0;
        for (size_t i = k; i < end; i++) {
          const int code = weights->kind == HALFTONE_CODES_INT8      ? (int8_t)codes[i]
                           : weights->kind == HALFTONE_CODES_LOOKUP4 ? table[nibble(codes, i)]
                                                                     : (int)nibble(codes, i) - zero;
          sum += code * state.codes[i];
        }
        total += (float)sum * (weights->scales[(first + row) * blocks + block] * state.steps[4 * group]);
      }
      put(out + s * stride + row, unit * total, adding);
    }
  }
}

int halftone_multiplies_many_scalar(const halftone_coded_rows *weights) {
  (void)weights;
  return 0;
}

int halftone_multiply_packed_scalar(const halftone_coded_rows *weights, int bits, int zero,
                                    const int8_t *table, size_t first, size_t rows,
                                    const void *quantized, size_t states, float *out,
                                    size_t stride, int adding) {
  (void)weights, (void)bits, (void)zero, (void)table, (void)first, (void)rows;
  (void)quantized, (void)states, (void)out, (void)stride, (void)adding;
  return 0;
}
