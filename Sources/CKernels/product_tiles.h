// SPDX-License-Identifier: Apache-2.0
//
// The order in which rows of weights meet rows of activations: four
// of activations at a time, then those that are left, for some rows of weights that stay in the cache
// meanwhile. A state's sums do not depend on which others are computed with it.

#ifndef HALFTONE_PRODUCT_TILES_H
#define HALFTONE_PRODUCT_TILES_H

#include "products_internal.h"

/// TILE(n) computes `n` (a constant) states from `s` on.
#define HALFTONE_PRODUCT_STATES(states, TILE)                                                      \
  for (size_t s = 0; s < (states);) {                                                              \
    switch ((states) - s) {                                                                        \
      case 1:                                                                                      \
        TILE(1);                                                                                   \
        s += 1;                                                                                    \
        break;                                                                                     \
      case 2:                                                                                      \
        TILE(2);                                                                                   \
        s += 2;                                                                                    \
        break;                                                                                     \
      case 3:                                                                                      \
        TILE(3);                                                                                   \
        s += 3;                                                                                    \
        break;                                                                                     \
      default:                                                                                     \
        TILE(4);                                                                                   \
        s += 4;                                                                                    \
    }                                                                                              \
  }

/// TILE(n) computes `length` rows from `start` on of `n` (a constant) states from `s` on.
#define HALFTONE_PRODUCT_TILES(rows, states, TILE)                                                 \
  for (size_t start = 0; start < (rows); start += HALFTONE_PRODUCT_ROWS) {                         \
    const size_t length = halftone_smaller(HALFTONE_PRODUCT_ROWS, (rows) - start);                 \
    HALFTONE_PRODUCT_STATES(states, TILE)                                                          \
  }

#endif
