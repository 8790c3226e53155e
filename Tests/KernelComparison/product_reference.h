// SPDX-License-Identifier: Apache-2.0
//
// Coded rows, activations and products in double for the comparison of products.

#ifndef HALFTONE_PRODUCT_REFERENCE_H
#define HALFTONE_PRODUCT_REFERENCE_H

#include "comparison.h"

#define ROUNDOFF 0x1p-24
/// Rows of weights: more than meet the same activations at a time, and no multiple of a panel's.
#define ROWS 19
#define MOST_STATES 17

/// Exact, or fast with activations that rounding to bytes changes nothing of, or fast with others.
enum arithmetic { EXACT, FAST_WHOLE, FAST_ROUNDED };

static inline int reference_is_four_bit(halftone_code_kind kind) {
  return kind <= HALFTONE_CODES_UINT4;
}

/// Memory of that many bytes, to be freed; there is no going on without.
void *reference_memory(size_t bytes);

/// ROWS rows of random codes with scales and zeros; each allocation ends where they do. Halves and bf16
/// are finite. Fills `table`, which the rows refer to.
halftone_coded_rows reference_rows(halftone_code_kind kind, size_t columns, size_t block,
                                   float table[16]);
void reference_free(const halftone_coded_rows *rows);

/// MOST_STATES rows of activations: for FAST_WHOLE whole multiples of a power of two, up to 127, which
/// is there in each group; else any, and now and then zeros for a whole group.
void reference_states(enum arithmetic arithmetic, size_t columns, float *x);

/// The product of one row of weights with one of activations, and how far from it may be.
double reference_product(const halftone_coded_rows *rows, enum arithmetic arithmetic, size_t row,
                         const float *x, double *bound);

#endif
