// SPDX-License-Identifier: Apache-2.0
//
// What the files of the code grids share: the prototypes of every variant, and E4M3's constants.

#ifndef HALFTONE_GRIDS_INTERNAL_H
#define HALFTONE_GRIDS_INTERNAL_H

#include "kernels_internal.h"

#define HALFTONE_DECLARE_GRIDS(isa)                                                                \
  void halftone_encode_e4m3_##isa(const float *src, size_t n, size_t block, const float *scales,   \
                                  uint8_t *codes);                                                 \
  void halftone_encode_e2m1_##isa(const float *src, size_t n, size_t block, const float *scales,   \
                                  uint8_t *codes);                                                 \
  void halftone_decode_e4m3_##isa(const uint8_t *codes, size_t n, size_t block,                    \
                                  const float *scales, float *dst);                                \
  void halftone_decode_lookup4_low_##isa(const uint8_t *codes, size_t n, size_t block,             \
                                         const float *table, const float *scales, float *dst);     \
  void halftone_decode_lookup8_##isa(const uint8_t *codes, size_t n, size_t block,                 \
                                     const float *table, const float *scales, float addend,        \
                                     float *dst);

HALFTONE_DECLARE_GRIDS(scalar)
HALFTONE_DECLARE_GRIDS(avx2)

/// The table of one instruction set, made of the functions of possibly a narrower one.
#define HALFTONE_GRID_TABLE(isa, functions)                                                        \
  {                                                                                                \
    .name = #isa, .encode_e4m3 = halftone_encode_e4m3_##functions,                                 \
    .encode_e2m1 = halftone_encode_e2m1_##functions,                                               \
    .decode_e4m3 = halftone_decode_e4m3_##functions,                                               \
    .decode_lookup4_low = halftone_decode_lookup4_low_##functions,                                 \
    .decode_lookup8 = halftone_decode_lookup8_##functions,                                         \
  }

/// The bits of 448, the largest E4M3 number, and of 2^-6, the smallest normal one.
#define HALFTONE_E4M3_LARGEST_BITS 0x43E00000u
#define HALFTONE_E4M3_NORMAL_BITS 0x3C800000u
/// 2^14: its last place is 2^-9, the smallest E4M3 number.
#define HALFTONE_E4M3_SUBNORMAL_SUM 16384.0f
/// The difference of the biases, 120, in codes of 3 fraction bits; and as a factor, 2^120.
#define HALFTONE_E4M3_REBIAS (120u << 3)
#define HALFTONE_E4M3_UNBIAS 0x1p120f

#endif
