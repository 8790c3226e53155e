// SPDX-License-Identifier: Apache-2.0
//
// The encoders of GGUF's block types.
//
// They give the bytes of llama.cpp's reference quantizers (ggml-quants.c, without importance matrix),
// which are built for the x86-64 baseline: every operation is fp32 and rounds by itself, and sums run
// in the order of the weights. The portable C defines each; a variant gives the same bytes and the
// same restored weights for every finite input. Where a weight is NaN or infinite, what is stored
// means nothing.

#ifndef HALFTONE_BLOCK_KERNELS_H
#define HALFTONE_BLOCK_KERNELS_H

#include "CKernels.h"

/// Encodes `blocks` whole blocks of consecutive weights into consecutive blocks at `dst`, and gives in
/// `restored` what decoding makes of them: infinite or NaN where a scale overflows half precision.
/// Pointers need no alignment beyond their element's, and nothing overlaps.
typedef void halftone_encode_blocks(const float *src, size_t blocks, uint8_t *dst,
                                    float *restored);

/// The usual case in one pass: widens bf16 weights, and does what the encoder of the type and error_sums
/// do one after the other, with the same results. Returns 1 if a weight is NaN or infinite or a scale
/// overflows half precision (or already the sums did), and then what it stored means nothing; else 0.
typedef int halftone_quantize_blocks(const uint16_t *src, size_t blocks, uint8_t *dst,
                                     halftone_error_sums *sums);

typedef struct halftone_block_encoders {
  const char *name;  ///< "scalar" or "avx2"

  // Blocks of 32 weights.
  halftone_encode_blocks *q4_0, *q4_1, *q5_0, *q5_1, *q8_0, *iq4_nl, *mxfp4;
  // Blocks of 256 weights.
  halftone_encode_blocks *q2_k, *q3_k, *q4_k, *q5_k, *q6_k, *iq4_xs;
  // In one pass.
  halftone_quantize_blocks *quantize_q4_0_bf16, *quantize_q8_0_bf16;
} halftone_block_encoders;

/// The encoders for one instruction set, or NULL where this build or this processor lacks it. Sets
/// that have none of their own (AVX-512, NEON) get those of a narrower one.
const halftone_block_encoders *halftone_block_encoders_for(halftone_isa isa);

/// The variant that halftone_kernels_active() chose, or NULL where that is NULL.
const halftone_block_encoders *halftone_block_encoders_active(void);

#endif
