// SPDX-License-Identifier: Apache-2.0

#include "product_reference.h"

#include <math.h>

/// What the bound for sums leaves out: the reference's own number and scale, each rounded once.
#define REFERENCE_ROUNDINGS 2

void *reference_memory(size_t bytes) {
  void *start = malloc(bytes);
  if (start == NULL) abort();
  return start;
}

/// In [-1, 1), with 16 bits.
static float uniform(uint64_t *state) {
  return ((float)(comparison_random(state) >> 16) - 32768) * 0x1p-15f;
}

halftone_coded_rows reference_rows(halftone_code_kind kind, size_t columns, size_t block,
                                   float table[16]) {
  uint64_t state = columns * 131 + block * 7 + (uint64_t)kind;
  const int has_scales = kind <= HALFTONE_CODES_INT8;
  const size_t weights = ROWS * columns, blocks = weights / block;
  const size_t bits = reference_is_four_bit(kind) ? 4 : has_scales ? 8 : 16;
  const size_t bytes = weights * bits / 8;
  uint8_t *codes = reference_memory(bytes);
  uint8_t *zeros = kind == HALFTONE_CODES_UINT4 ? reference_memory(blocks) : NULL;
  float *scales = has_scales ? reference_memory(blocks * sizeof(float)) : NULL;
  for (size_t i = 0; i < bytes; i++) codes[i] = (uint8_t)(comparison_random(&state) >> 24);
  // The upper bytes: exponents without the largest, and some below the normal ones of halves.
  for (size_t i = 1; !has_scales && i < bytes; i += 2) {
    const uint8_t sign = codes[i] & 0x80;
    codes[i] = kind == HALFTONE_CODES_BF16 ? (uint8_t)(sign | (0x38 + (codes[i] & 7)))
                                           : (uint8_t)(sign | (codes[i] & 0x3F));
  }
  for (size_t b = 0; b < blocks; b++) {
    if (scales) scales[b] = 1.25f * uniform(&state) + 0.75f;
    if (zeros) zeros[b] = (uint8_t)(comparison_random(&state) >> 28);
  }
  for (int i = 0; i < 16; i++) table[i] = uniform(&state) * 1.5f;
  return (halftone_coded_rows){.kind = kind,
                               .columns = columns,
                               .block = has_scales ? block : columns,
                               .codes = codes,
                               .scales = scales,
                               .zeros = zeros,
                               .table = table,
                               .factor = kind == HALFTONE_CODES_INT8 ? 1.0f / 127 : 0.75f};
}

void reference_free(const halftone_coded_rows *rows) {
  free((void *)(uintptr_t)rows->codes);
  free((void *)(uintptr_t)rows->scales);
  free((void *)(uintptr_t)rows->zeros);
}

void reference_states(enum arithmetic arithmetic, size_t columns, float *x) {
  uint64_t state = columns;
  for (size_t i = 0; i < MOST_STATES * columns; i++) {
    const size_t column = i % columns;
    const int exponent = (int)(i / 32 * 5 % 9) - 4;
    if (arithmetic == FAST_WHOLE) {
      // One exponent to a group.
      const int whole = column % 32 == 0 ? 127 : (int)(comparison_random(&state) % 255) - 127;
      x[i] = ldexpf((float)whole, (int)((column / 32 + i / columns) * 5 % 9) - 4);
    } else {
      x[i] = column / 32 % 4 == 3 ? 0 : ldexpf(uniform(&state), exponent);
    }
  }
}

/// A half in double.
static double widen_half(uint16_t bits) {
  const int exponent = bits >> 10 & 31;
  const double fraction = (bits & 1023) / 1024.0;
  const double value = exponent == 0 ? ldexp(fraction, -14) : ldexp(1 + fraction, exponent - 15);
  return bits >> 15 ? -value : value;
}

/// One weight; `most` is its largest magnitude in the bound for sums, and `off` what the table's
/// rounding may change, which in FAST_WHOLE is in the weight itself.
static double weight(const halftone_coded_rows *rows, enum arithmetic arithmetic, size_t place,
                     float largest, double *most, double *off) {
  const uint8_t *codes = rows->codes;
  const int has_nibbles = reference_is_four_bit(rows->kind);
  const int nibble = has_nibbles ? codes[place / 2] >> (place % 2 == 0 ? 4 : 0) & 15 : 0;
  double value, magnitude, table_off = 0, scale = rows->factor;
  uint16_t half;
  if (rows->kind <= HALFTONE_CODES_INT8) scale *= (double)rows->scales[place / rows->block];
  switch (rows->kind) {
    case HALFTONE_CODES_LOOKUP4:
      value = (double)rows->table[nibble];
      if (arithmetic == FAST_WHOLE) {
        value = (double)roundf(rows->table[nibble] / largest * 127) / 127 * (double)largest;
      }
      if (arithmetic == FAST_ROUNDED) table_off = (double)largest / 254 * (1 + 16 * ROUNDOFF);
      magnitude = fabs(value);
      break;
    case HALFTONE_CODES_UINT4:
      value = nibble - (int)rows->zeros[place / rows->block];
      magnitude = arithmetic == EXACT ? fabs(value) : nibble + (int)rows->zeros[place / rows->block];
      break;
    case HALFTONE_CODES_INT8:
      value = (int8_t)codes[place];
      magnitude = fabs(value);
      break;
    default:
      memcpy(&half, codes + 2 * place, 2);
      value = widen_half(half);
      if (rows->kind == HALFTONE_CODES_BF16) {
        const uint32_t bits = (uint32_t)half << 16;
        float number;
        memcpy(&number, &bits, 4);
        value = (double)number;
      }
      magnitude = fabs(value);
  }
  *most = (magnitude + table_off) * fabs(scale);
  *off = table_off * fabs(scale);
  return value * scale;
}

double reference_product(const halftone_coded_rows *rows, enum arithmetic arithmetic, size_t row,
                         const float *x, double *bound) {
  const size_t columns = rows->columns;
  float largest = 0;
  for (int i = 0; i < 16; i++) largest = fmaxf(largest, fabsf(rows->table[i]));
  double sum = 0, magnitudes = 0, rounding = 0, half_step = 0;
  for (size_t k = 0; k < columns; k++) {
    double most, off;
    const double w = weight(rows, arithmetic, row * columns + k, largest, &most, &off);
    if (arithmetic == FAST_ROUNDED && k % 32 == 0) {
      float peak = 0;
      for (size_t i = k; i < columns && i < k + 32; i++) peak = fmaxf(peak, fabsf(x[i]));
      half_step = (double)peak / 127 / 2 * (1 + 16 * ROUNDOFF);
    }
    sum += w * (double)x[k];
    magnitudes += most * (fabs((double)x[k]) + half_step);
    rounding += off * (fabs((double)x[k]) + half_step) + half_step * fabs(w);
  }
  *bound = ((double)columns / 8 + 64 + REFERENCE_ROUNDINGS) * ROUNDOFF * magnitudes + rounding;
  return sum;
}
