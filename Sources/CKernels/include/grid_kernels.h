// SPDX-License-Identifier: Apache-2.0
//
// The kernels of the floating-point code grids: E4M3 (8 bits: sign, 4 of exponent, 3 of fraction; no
// infinity, 448 the largest) and E2M1 (4 bits: 0, 0.5, 1, 1.5, 2, 3, 4, 6 and their negatives), and of
// grids that a table gives.
//
// What CKernels.h says of blocks, alignment and agreement with the portable code holds here, too.
// Four-bit codes: of each byte the first weight is the LOW nibble, as every format of these grids has
// it; where n is odd the last high nibble is 0.

#ifndef HALFTONE_GRID_KERNELS_H
#define HALFTONE_GRID_KERNELS_H

#include "CKernels.h"

typedef struct halftone_grids {
  const char *name;  ///< "scalar", "avx2", "avx512" or "neon"

  /// y = x / scales[b]; the code of the nearest number, halves to the even code. Beyond 448 it is that
  /// of 448; the sign is kept, also that of zero; NaN gives the code of NaN.
  void (*encode_e4m3)(const float *src, size_t n, size_t block, const float *scales,
                      uint8_t *codes);
  /// y as above; the code of the nearest number, halves to the even code; beyond 6 that of 6. Bit 3 is
  /// (y < 0), also where the magnitude becomes 0. NaN gives 0.
  void (*encode_e2m1)(const float *src, size_t n, size_t block, const float *scales,
                      uint8_t *codes);
  /// dst = number of the code * scales[b]
  void (*decode_e4m3)(const uint8_t *codes, size_t n, size_t block, const float *scales, float *dst);
  /// dst = table[code] * scales[b]: decode_lookup4 with the nibbles the other way round.
  void (*decode_lookup4_low)(const uint8_t *codes, size_t n, size_t block, const float *table,
                             const float *scales, float *dst);
  /// dst = table[code] * scales[b] + addend, each operation rounded; codes are bytes.
  void (*decode_lookup8)(const uint8_t *codes, size_t n, size_t block, const float *table,
                         const float *scales, float addend, float *dst);
} halftone_grids;

/// The functions for one instruction set, or NULL where this build or this processor lacks it.
const halftone_grids *halftone_grids_for(halftone_isa isa);

/// The variant that halftone_kernels_active() chose, or NULL where that is NULL.
const halftone_grids *halftone_grids_active(void);

#endif
