// SPDX-License-Identifier: Apache-2.0
//
// quantize_nf4_bf16 as what it is by definition: the other kernels of a variant, one after the other, on
// pieces that stay in the first-level cache. A piece is one chunk of error_sums, so that the order of
// summation is that of a single call; blocks divide it.

#ifndef HALFTONE_NF4_CHAIN_H
#define HALFTONE_NF4_CHAIN_H

#include "kernels_internal.h"

#define HALFTONE_CHAIN_PIECE HALFTONE_SUM_CHUNK

#define HALFTONE_DEFINE_NF4_CHAIN(name, isa)                                                       \
  int name(const uint16_t *src, size_t n, size_t block, float *absmax, uint8_t *codes,             \
           halftone_error_sums *sums) {                                                            \
    float weights[HALFTONE_CHAIN_PIECE], restored[HALFTONE_CHAIN_PIECE];                           \
    for (size_t start = 0; start < n; start += HALFTONE_CHAIN_PIECE) {                             \
      size_t count = halftone_smaller(HALFTONE_CHAIN_PIECE, n - start);                            \
      float *maxima = absmax + start / block;                                                      \
      halftone_widen_bf16_##isa(src + start, count, weights);                                      \
      if (halftone_absmax_##isa(weights, count, block, maxima)) return 1;                          \
      halftone_encode_nf4_##isa(weights, count, block, maxima, codes + start / 2);                 \
      halftone_decode_lookup4_##isa(codes + start / 2, count, block, halftone_nf4_codebook,        \
                                    maxima, restored);                                             \
      halftone_error_sums_##isa(weights, restored, count, sums);                                   \
    }                                                                                              \
    return 0;                                                                                      \
  }

#endif
