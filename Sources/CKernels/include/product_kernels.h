// SPDX-License-Identifier: Apache-2.0
//
// Products of weights that stay codes with a few rows of activations.
//
// As in math_kernels.h, variants may differ in rounding, within the bounds stated here; one variant
// always gives the same result for the same input, however the rows are divided among calls. `u` is
// 2^-24. The activations are first put in the order in which a variant's kernels meet the codes; that
// order is the variant's own business. Pointers need no alignment beyond their element's.

#ifndef HALFTONE_PRODUCT_KERNELS_H
#define HALFTONE_PRODUCT_KERNELS_H

#include "CKernels.h"

typedef enum halftone_code_kind {
  HALFTONE_CODES_LOOKUP4 = 0,  ///< weight = table[code] * scale; four-bit codes
  HALFTONE_CODES_UINT4 = 1,    ///< weight = (code - zero) * scale; four-bit codes
  HALFTONE_CODES_INT8 = 2,     ///< weight = code * scale; signed bytes
  HALFTONE_CODES_BF16 = 3,     ///< the upper half of a float; no scales
  HALFTONE_CODES_F16 = 4,      ///< IEEE half precision; no scales
} halftone_code_kind;

/// Rows of weights as they are stored, one after the other without gaps.
///
/// A block never straddles rows: `block` divides `columns`, both at least 1. Of four-bit codes the
/// first of a byte is in the HIGH nibble, and `block` is even.
typedef struct halftone_coded_rows {
  halftone_code_kind kind;
  size_t columns;        ///< weights per row
  size_t block;          ///< weights per scale
  const void *codes;     ///< of row 0
  const float *scales;   ///< columns / block for each row
  const uint8_t *zeros;  ///< likewise, for UINT4: 0 to 15
  const float *table;    ///< 16 values, for LOOKUP4
  float factor;          ///< what every weight is multiplied with besides
} halftone_coded_rows;

/// The floats that `columns` activations take in a variant's order: whole groups of 64.
static inline size_t halftone_arranged_count(size_t columns) { return (columns + 63) / 64 * 64; }

/// What a row of `columns` activations takes as codes, in bytes; see quantize_states.
static inline size_t halftone_state_bytes(size_t columns) {
  const size_t count = halftone_arranged_count(columns);
  return count + count / 32 * 4 * sizeof(float) + count / 32 * sizeof(float);
}

typedef struct halftone_products {
  const char *name;  ///< "scalar", "avx2", "avx512" or "neon"

  /// Puts a row of activations in the order in which `multiply_exact` meets these codes.
  /// `arranged` receives halftone_arranged_count(columns) floats.
  void (*arrange)(const halftone_coded_rows *weights, const float *x, float *arranged);

  /// out[s * stride + r] = sum over k of weight[r][k] * x[s][k], for rows `first` ... `first + rows`
  /// and `states` rows of activations; r counts from 0 at `first`. With `adding` the sum is added.
  ///
  /// Exact arithmetic: fp32 activations and fp32 sums. The error is at most
  /// (columns / 8 + 64) u times the sum of |weight * x|.
  void (*multiply_exact)(const halftone_coded_rows *weights, size_t first, size_t rows,
                   const float *arranged, size_t states, float *out, size_t stride, int adding);

  /// Rounds `columns` activations to signed bytes, 32 at a time: code = rint(x / step), halves to
  /// even, with step = largest |x| / 127; 0 where that is 0. `state` receives
  /// halftone_state_bytes(columns) bytes for the weights' kind and block, and is aligned to 4 bytes.
  /// An activation is off by at most step / 2 (and a few u). A step below 2^-126 becomes 0, and with
  /// it the activations; where one is a NaN, so is the step.
  void (*quantize_state)(const halftone_coded_rows *weights, const float *x, void *state);

  /// The same product as `multiply_exact` in fast arithmetic: of four-bit and byte codes with activations
  /// that quantize_state has rounded. Byte products and their sums in a group of 32 are exact
  /// integers. The table of LOOKUP4 is rounded to whole 127ths of its largest magnitude, so that a
  /// weight is off by at most 1 / 254 of that times its scale. Sums are fp32: to the exact product of
  /// what was so rounded, the error is at most (columns / 8 + 64) u times the sum of |weight * x|,
  /// with |code| + zero in place of |code - zero|.
  void (*multiply_fast)(const halftone_coded_rows *weights, size_t first, size_t rows,
                        const void *quantized, size_t states, float *out, size_t stride, int adding);

  /// multiply_fast, with the same result, of codes of 2 to 7 bits that stand for the bytes that
  /// halftone_kernels' unpack makes of them, row by row without gaps; `weights` are INT8, with these codes.
  /// Returns 0, and nothing is done, where unpacking them first is as fast.
  int (*multiply_packed)(const halftone_coded_rows *weights, int bits, int zero,
                         const int8_t *table, size_t first, size_t rows, const void *quantized,
                         size_t states, float *out, size_t stride, int adding);

  /// Whether multiply_fast is the fastest way for any number of rows of activations; else, from some
  /// tens on, it costs less to restore the weights and multiply floats.
  int (*multiplies_many)(const halftone_coded_rows *weights);
} halftone_products;

/// The functions for one instruction set, or NULL where this build or this processor lacks it.
const halftone_products *halftone_products_for(halftone_isa isa);

/// The variant that halftone_kernels_active() chose, or NULL where that is NULL.
const halftone_products *halftone_products_active(void);

#endif
