// SPDX-License-Identifier: Apache-2.0
//
// Products of packed codes against those of the bytes that they stand for, bit for bit.

#include <stdio.h>

#include "product_reference.h"

/// Halves of groups, groups, several of them, and rows that end with half a vector of 64.
static const struct {
  size_t columns, block;
} shapes[] = {{32, 16}, {96, 16}, {2144, 16}, {32, 32}, {224, 32}, {256, 64}, {96, 96}, {48, 16}};
static const size_t state_counts[] = {1, 2, 3, 4, 7, 8};

/// Whether all outputs agree; where packed codes are not multiplied, that nothing is stored.
static int agrees(const halftone_products *candidate, const halftone_coded_rows *plain,
                  const uint8_t *packed, int bits, int zero, const int8_t *table,
                  const char *states, size_t count) {
  float expected[MOST_STATES * ROWS] = {0}, out[MOST_STATES * ROWS] = {0};
  const size_t half = ROWS / 2;
  halftone_coded_rows rows = *plain;
  rows.codes = packed;
  const int is_done = candidate->multiply_packed(&rows, bits, zero, table, 0, half, states, count,
                                                 out, ROWS, 0) &&
                      candidate->multiply_packed(&rows, bits, zero, table, half, ROWS - half,
                                                 states, count, out + half, ROWS, 0) &&
                      candidate->multiply_packed(&rows, bits, zero, table, 0, ROWS, states, count,
                                                 out, ROWS, 1);
  if (is_done) {
    candidate->multiply_fast(plain, 0, ROWS, states, count, expected, ROWS, 0);
    candidate->multiply_fast(plain, 0, ROWS, states, count, expected, ROWS, 1);
  }
  return memcmp(expected, out, sizeof out) == 0;
}

kernel_comparison packed_product_compare(const halftone_products *candidate) {
  kernel_comparison result = {0};
  int8_t values[16];
  float unused[16];
  for (int i = 0; i < 16; i++) values[i] = (int8_t)(16 * i - 127);
  for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
    const size_t columns = shapes[i].columns, weights = ROWS * columns;
    halftone_coded_rows rows = reference_rows(HALFTONE_CODES_INT8, columns, shapes[i].block, unused);
    const size_t size = halftone_state_bytes(columns);
    float *x = reference_memory(MOST_STATES * columns * sizeof(float));
    char *states = reference_memory(MOST_STATES * size);
    int8_t *bytes = reference_memory(weights);
    reference_states(FAST_ROUNDED, columns, x);
    for (size_t s = 0; s < MOST_STATES; s++) {
      candidate->quantize_state(&rows, x + s * columns, states + s * size);
    }
    for (int bits = 2; bits <= 7; bits++) {
      // Ends with the codes, so that a sanitizer sees a read past them.
      uint8_t *packed = reference_memory(weights * (size_t)bits / 8);
      memcpy(packed, rows.codes, weights * (size_t)bits / 8);
      const int8_t *table = bits == 4 ? values : NULL;
      const int zero = bits == 6 ? 32 : 0;
      halftone_kernels_for(HALFTONE_ISA_SCALAR)->unpack(packed, weights, bits, zero, table, bytes);
      halftone_coded_rows plain = rows;
      plain.codes = bytes;
      for (size_t n = 0; n < sizeof state_counts / sizeof state_counts[0]; n++) {
        result.cases++;
        if (agrees(candidate, &plain, packed, bits, zero, table, states, state_counts[n])) continue;
        if (result.mismatches++ > 0) continue;
        snprintf(result.first, sizeof result.first, "%d bits, columns %zu, block %zu, %zu rows",
                 bits, columns, shapes[i].block, state_counts[n]);
      }
      free(packed);
    }
    free(x);
    free(states);
    free(bytes);
    reference_free(&rows);
  }
  return result;
}
