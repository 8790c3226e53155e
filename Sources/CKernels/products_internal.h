// SPDX-License-Identifier: Apache-2.0
//
// What the files of the products share: where things are in rows of codes and of rounded activations.

#ifndef HALFTONE_PRODUCTS_INTERNAL_H
#define HALFTONE_PRODUCTS_INTERNAL_H

#include "kernels_internal.h"

#define HALFTONE_DECLARE_PRODUCTS(isa)                                                             \
  void halftone_arrange_##isa(const halftone_coded_rows *weights, const float *x,                  \
                              float *arranged);                                                    \
  void halftone_multiply_exact_##isa(const halftone_coded_rows *weights, size_t first, size_t rows,      \
                               const float *arranged, size_t states, float *out, size_t stride,    \
                               int adding);                                                        \
  void halftone_quantize_state_##isa(const halftone_coded_rows *weights, const float *x,           \
                                     void *state);                                                 \
  void halftone_multiply_fast_##isa(const halftone_coded_rows *weights, size_t first, size_t rows, \
                                    const void *quantized, size_t states, float *out,              \
                                    size_t stride, int adding);                                    \
  int halftone_multiply_packed_##isa(const halftone_coded_rows *weights, int bits, int zero,       \
                                     const int8_t *table, size_t first, size_t rows,               \
                                     const void *quantized, size_t states, float *out,             \
                                     size_t stride, int adding);                                   \
  int halftone_multiplies_many_##isa(const halftone_coded_rows *weights);

HALFTONE_DECLARE_PRODUCTS(scalar)
HALFTONE_DECLARE_PRODUCTS(avx2)
HALFTONE_DECLARE_PRODUCTS(avx512)
HALFTONE_DECLARE_PRODUCTS(avx512_vnni)
HALFTONE_DECLARE_PRODUCTS(neon)
HALFTONE_DECLARE_PRODUCTS(neon_dotprod)

/// Exact products from one file, fast ones from another, and the order and the rounding of fast
/// activations from a third; and packed codes multiplied by AVX2, or not at all by the portable code.
#define HALFTONE_PRODUCTS_TABLE(label, exact, fast, rounding, packed)                              \
  {                                                                                                \
    .name = label, .arrange = halftone_arrange_##exact,                                            \
    .multiply_exact = halftone_multiply_exact_##exact,                                             \
    .quantize_state = halftone_quantize_state_##rounding,                                          \
    .multiply_fast = halftone_multiply_fast_##fast,                                                \
    .multiply_packed = halftone_multiply_packed_##packed,                                          \
    .multiplies_many = halftone_multiplies_many_##rounding,                                        \
  }

/// Rows of weights that meet all activations before the next ones are read: few enough for the
/// second-level cache, enough that what is done once for them is little.
#define HALFTONE_PRODUCT_ROWS 16

/// Asks for the codes that come two KiB later: the processor's own guesses end with a page. Beyond the
/// last row this does nothing.
static inline void halftone_ask_ahead(const uint8_t *codes) { __builtin_prefetch(codes + 2048); }

/// multiply_fast for weights of which multiplies_many is true.
void halftone_multiply_panels_avx2(const halftone_coded_rows *weights, size_t first, size_t rows,
                                   const void *quantized, size_t states, float *out, size_t stride,
                                   int adding);

/// Rows of activations from which on panels are worth while.
#define HALFTONE_PANEL_STATES 8

/// Activations that are rounded together.
#define HALFTONE_STATE_GROUP 32

/// The smallest step; the reciprocal of a smaller one may be infinite.
#define HALFTONE_LEAST_STEP 0x1p-126f

/// One row of rounded activations: the codes in a variant's order; each group's step, four times over;
/// and, where blocks are whole groups, the sum of each block's activations as rounded.
typedef struct halftone_state {
  int8_t *codes;
  float *steps;
  float *sums;
} halftone_state;

static inline halftone_state halftone_state_at(const void *start, size_t columns) {
  const size_t count = halftone_arranged_count(columns);
  char *bytes = (char *)(uintptr_t)start;
  float *steps = (float *)(void *)(bytes + count);
  return (halftone_state){(int8_t *)bytes, steps, steps + count / HALFTONE_STATE_GROUP * 4};
}

/// The step of a group of which the largest magnitude's bits are given: NaN where there is one, whose
/// bits are the largest; 0 where its reciprocal may be infinite.
static inline float halftone_state_step(uint32_t largest) {
  const float step = halftone_float(largest) / 127;
  return step < HALFTONE_LEAST_STEP ? 0 : step;
}

/// The steps and sums of a row of activations, and its codes in their natural order.
void halftone_round_state(const halftone_coded_rows *weights, const float *x, halftone_state state);

static inline int halftone_is_four_bit(halftone_code_kind kind) {
  return kind == HALFTONE_CODES_LOOKUP4 || kind == HALFTONE_CODES_UINT4;
}

/// Whether blocks are whole groups of activations, or rows; others are left to the portable code.
static inline int halftone_has_whole_groups(const halftone_coded_rows *weights) {
  if (halftone_is_four_bit(weights->kind)) {
    return weights->block % 64 == 0 || weights->block == 32;
  }
  return weights->kind == HALFTONE_CODES_INT8 &&
         (weights->block % HALFTONE_STATE_GROUP == 0 || weights->block == weights->columns);
}

/// Whether blocks are halves of groups of activations, and rows whole groups.
static inline int halftone_has_half_groups(const halftone_coded_rows *weights) {
  return weights->kind == HALFTONE_CODES_INT8 && weights->block == HALFTONE_STATE_GROUP / 2 &&
         weights->columns % HALFTONE_STATE_GROUP == 0;
}

/// Where a row's codes begin.
static inline const uint8_t *halftone_row_codes(const halftone_coded_rows *weights, size_t row) {
  const size_t bytes = halftone_is_four_bit(weights->kind)       ? weights->columns / 2
                       : weights->kind == HALFTONE_CODES_INT8 ? weights->columns
                                                              : 2 * weights->columns;
  return (const uint8_t *)weights->codes + row * bytes;
}

static inline size_t halftone_blocks_per_row(const halftone_coded_rows *weights) {
  return weights->columns / weights->block;
}

/// The largest magnitude of a table, and its values in whole 127ths of that.
static inline float halftone_round_table(const float *table, int8_t rounded[16]) {
  float largest = 0;
  for (int i = 0; i < 16; i++) {
    const float magnitude = table[i] < 0 ? -table[i] : table[i];
    if (magnitude > largest) largest = magnitude;
  }
  for (int i = 0; i < 16; i++) {
    const float value = largest > 0 ? table[i] / largest * 127 : 0;
    rounded[i] = (int8_t)(value < 0 ? value - 0.5f : value + 0.5f);
  }
  return largest;
}

#endif
