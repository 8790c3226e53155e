// SPDX-License-Identifier: Apache-2.0
//
// The one-pass quantizers of small blocks as what they are by definition: the other kernels of a
// variant, one after the other, on pieces that stay in the first-level cache. A piece is one chunk of
// error_sums, so that the order of summation is that of a single call; blocks divide it.

#ifndef HALFTONE_BLOCKS_CHAIN_H
#define HALFTONE_BLOCKS_CHAIN_H

#include "blocks.h"
#include "kernels_internal.h"

/// - encoder_isa: whose encoder; isa: whose widening and sums.
#define HALFTONE_DEFINE_BLOCK_CHAIN(name, type, byte_count, encoder_isa, isa)                      \
  int name(const uint16_t *src, size_t blocks, uint8_t *dst, halftone_error_sums *sums) {          \
    enum { piece = HALFTONE_SUM_CHUNK / SMALL_BLOCK };                                             \
    float weights[HALFTONE_SUM_CHUNK], restored[HALFTONE_SUM_CHUNK];                               \
    for (size_t done = 0; done < blocks; done += piece) {                                          \
      size_t count = halftone_smaller(piece, blocks - done), n = count * SMALL_BLOCK;              \
      halftone_widen_bf16_##isa(src + done * SMALL_BLOCK, n, weights);                             \
      halftone_encode_##type##_##encoder_isa(weights, count, dst + done * byte_count, restored);   \
      halftone_error_sums_##isa(weights, restored, n, sums);                                       \
    }                                                                                              \
    return !isfinite(sums->ee);                                                                    \
  }

#endif
