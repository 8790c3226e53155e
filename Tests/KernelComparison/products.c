// SPDX-License-Identifier: Apache-2.0
//
// Products against dequantized weights in double, within the bounds of product_kernels.h. Activations
// of fast arithmetic are of two sorts: those that rounding to bytes changes nothing of, where only the
// bound for sums is left, and others, each of which may be off by half a step.

#include <math.h>
#include <stdio.h>

#include "product_reference.h"

/// Outputs for one row of activations, and some behind them that nobody may write.
#define STRIDE (ROWS + 3)
#define MOST_COLUMNS 4160

static const struct {
  const char *name;
  halftone_code_kind kind;
  enum arithmetic arithmetic;
} products[] = {
    {"exact lookup4", HALFTONE_CODES_LOOKUP4, EXACT},
    {"exact uint4", HALFTONE_CODES_UINT4, EXACT},
    {"exact int8", HALFTONE_CODES_INT8, EXACT},
    {"exact bf16", HALFTONE_CODES_BF16, EXACT},
    {"exact f16", HALFTONE_CODES_F16, EXACT},
    {"fast lookup4", HALFTONE_CODES_LOOKUP4, FAST_WHOLE},
    {"fast uint4", HALFTONE_CODES_UINT4, FAST_WHOLE},
    {"fast int8", HALFTONE_CODES_INT8, FAST_WHOLE},
    {"rounded lookup4", HALFTONE_CODES_LOOKUP4, FAST_ROUNDED},
    {"rounded uint4", HALFTONE_CODES_UINT4, FAST_ROUNDED},
    {"rounded int8", HALFTONE_CODES_INT8, FAST_ROUNDED},
};

/// Columns, and weights to a block: around groups of 32 and 64 and panels, whole rows of odd lengths,
/// and blocks that no vector fits.
static const struct {
  size_t columns, block;
} shapes[] = {{1, 1},     {2, 2},     {31, 31},     {33, 33},     {34, 34},  {62, 62},   {63, 63},
              {65, 65},   {66, 66},   {126, 126},   {127, 127},   {32, 32},  {96, 32},   {160, 32},
              {64, 64},   {128, 64},  {192, 64},    {192, 96},    {288, 96}, {256, 128}, {160, 160},
              {320, 320}, {1024, 64}, {2112, 64},   {4160, 4160}, {6, 2},    {24, 8},    {80, 16},
              {48, 24},   {100, 20},  {1027, 1027}, {2048, 32},   {32, 16},  {64, 16},   {96, 16},
              {2144, 16}};
static const size_t state_counts[] = {1, 2, 3, 4, 16, 17};

const char *product_comparison_name(size_t index) {
  return index < sizeof products / sizeof products[0] ? products[index].name : NULL;
}

/// The products of some activations, their rows of weights divided in two calls if `divided`. Outputs
/// hold `sum` before, and with `adding` it is added to.
static void multiply(const halftone_products *candidate, const halftone_coded_rows *rows,
                     enum arithmetic arithmetic, const char *arranged, size_t states, int divided,
                     int adding, float sum, float *out) {
  for (size_t i = 0; i < MOST_STATES * STRIDE; i++) out[i] = sum;
  for (size_t first = 0; first < ROWS;) {
    const size_t count = divided && first == 0 ? ROWS / 2 : ROWS - first;
    if (arithmetic == EXACT) {
      candidate->multiply_exact(rows, first, count, (const float *)(const void *)arranged, states,
                                out + first, STRIDE, adding);
    } else {
      candidate->multiply_fast(rows, first, count, arranged, states, out + first, STRIDE, adding);
    }
    first += count;
  }
}

/// Whether a NaN or an infinity shows in every product of fast arithmetic, and activations too small for
/// a step become 0. `x` is one row, which this overwrites.
static int shows_what_is_not_finite(const halftone_products *candidate,
                                    const halftone_coded_rows *rows, float *x) {
  static const float values[] = {NAN, INFINITY, 0x1p-140f};
  float out[MOST_STATES * STRIDE];
  char *state = reference_memory(halftone_state_bytes(rows->columns));
  int agrees = 1;
  for (int i = 0; i < 3; i++) {
    const int is_small = i == 2;
    for (size_t k = 0; is_small && k < rows->columns; k++) x[k] = values[i];
    x[rows->columns / 2] = values[i];
    candidate->quantize_state(rows, x, state);
    multiply(candidate, rows, FAST_ROUNDED, state, 1, 0, 0, -7, out);
    for (size_t row = 0; row < ROWS; row++) agrees &= is_small ? out[row] == 0 : !isfinite(out[row]);
  }
  free(state);
  return agrees;
}

static int agrees(const halftone_products *candidate, const halftone_coded_rows *rows,
                  enum arithmetic arithmetic, const float *x, const double *sums,
                  const double *bounds, size_t states) {
  const size_t columns = rows->columns;
  const size_t size = arithmetic == EXACT ? sizeof(float) * halftone_arranged_count(columns)
                                          : halftone_state_bytes(columns);
  char *arranged = reference_memory(states * size);
  for (size_t s = 0; s < states; s++) {
    const float *row = x + s * columns;
    if (arithmetic == EXACT) {
      candidate->arrange(rows, row, (float *)(void *)(arranged + s * size));
    } else {
      candidate->quantize_state(rows, row, arranged + s * size);
    }
  }
  float together[MOST_STATES * STRIDE], apart[MOST_STATES * STRIDE], added[MOST_STATES * STRIDE];
  multiply(candidate, rows, arithmetic, arranged, states, 0, 0, -7, together);
  multiply(candidate, rows, arithmetic, arranged, states, 1, 0, -7, apart);
  multiply(candidate, rows, arithmetic, arranged, states, 0, 1, 2, added);
  free(arranged);
  // However rows are divided, the same bits.
  int agrees = memcmp(together, apart, sizeof together) == 0;
  for (size_t s = 0; s < MOST_STATES; s++) {
    for (size_t row = 0; row < STRIDE; row++) {
      const double value = (double)together[s * STRIDE + row], more = (double)added[s * STRIDE + row];
      if (s >= states || row >= ROWS) {
        agrees &= value == -7 && more == 2;
        continue;
      }
      const double error = fabs(value - sums[s * ROWS + row]), bound = bounds[s * ROWS + row];
      agrees &= error <= bound;
      // The addition of two, and those of a panel's parts to it, are rounded as well.
      agrees &= fabs(more - 2 - sums[s * ROWS + row]) <= bound + 8 * ROUNDOFF * (fabs(more) + 2 + bound);
    }
  }
  return agrees;
}

static void count(kernel_comparison *result, int agrees, size_t columns, size_t block,
                  size_t states) {
  result->cases++;
  if (agrees || result->mismatches++ > 0) return;
  snprintf(result->first, sizeof result->first, "columns %zu, block %zu, %zu rows of activations",
           columns, block, states);
}

kernel_comparison product_compare(size_t index, const halftone_products *candidate) {
  kernel_comparison result = {0};
  const halftone_code_kind kind = products[index].kind;
  const enum arithmetic arithmetic = products[index].arithmetic;
  float *x = reference_memory(MOST_STATES * MOST_COLUMNS * sizeof(float)), table[16];
  double sums[MOST_STATES * ROWS], bounds[MOST_STATES * ROWS];
  for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
    const size_t columns = shapes[i].columns, block = shapes[i].block;
    if (reference_is_four_bit(kind) && block % 2 != 0) continue;
    const halftone_coded_rows rows = reference_rows(kind, columns, block, table);
    reference_states(arithmetic, columns, x);
    for (size_t place = 0; place < MOST_STATES * ROWS; place++) {
      sums[place] = reference_product(&rows, arithmetic, place % ROWS, x + place / ROWS * columns,
                                      bounds + place);
    }
    for (size_t n = 0; n < sizeof state_counts / sizeof state_counts[0]; n++) {
      count(&result, agrees(candidate, &rows, arithmetic, x, sums, bounds, state_counts[n]), columns,
            block, state_counts[n]);
    }
    if (arithmetic == FAST_ROUNDED) {
      count(&result, shows_what_is_not_finite(candidate, &rows, x), columns, block, 1);
    }
    reference_free(&rows);
  }
  free(x);
  return result;
}
