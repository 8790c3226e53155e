// SPDX-License-Identifier: Apache-2.0
//
// What the variants of the block encoders share: prototypes and the reference's arithmetic.
//
// Only the search for scales is written once for one block at a time (blocks_search_scalar.h) and once
// for as many as a vector has lanes (blocks_search_lanes.h). What follows from the scales is one
// text for all, in blocks_*.h, which each variant compiles for its instruction set.

#ifndef HALFTONE_BLOCKS_H
#define HALFTONE_BLOCKS_H

#include <math.h>

#include "block_kernels.h"
#include "halves.h"

#define BLOCKS_INLINE static inline __attribute__((always_inline))

/// Every block type, for tables.
#define HALFTONE_BLOCK_TYPES(each)                                                                 \
  each(q4_0) each(q4_1) each(q5_0) each(q5_1) each(q8_0) each(iq4_nl) each(mxfp4) each(q2_k)       \
  each(q3_k) each(q4_k) each(q5_k) each(q6_k) each(iq4_xs)

#define HALFTONE_DECLARE_ENCODER(type)                                                             \
  halftone_encode_blocks halftone_encode_##type##_scalar, halftone_encode_##type##_avx2;
HALFTONE_BLOCK_TYPES(HALFTONE_DECLARE_ENCODER)
halftone_quantize_blocks halftone_quantize_q4_0_bf16_scalar, halftone_quantize_q4_0_bf16_avx2,
    halftone_quantize_q4_0_bf16_neon, halftone_quantize_q8_0_bf16_scalar,
    halftone_quantize_q8_0_bf16_avx2, halftone_quantize_q8_0_bf16_neon;

/// The table of one variant, with the one-pass quantizers of possibly another.
#define HALFTONE_ENCODER_TABLE(isa, quantizer_isa)                                                 \
  {                                                                                                \
    .name = #isa, .q4_0 = halftone_encode_q4_0_##isa, .q4_1 = halftone_encode_q4_1_##isa,          \
    .q5_0 = halftone_encode_q5_0_##isa, .q5_1 = halftone_encode_q5_1_##isa,                        \
    .q8_0 = halftone_encode_q8_0_##isa, .iq4_nl = halftone_encode_iq4_nl_##isa,                    \
    .mxfp4 = halftone_encode_mxfp4_##isa, .q2_k = halftone_encode_q2_k_##isa,                      \
    .q3_k = halftone_encode_q3_k_##isa, .q4_k = halftone_encode_q4_k_##isa,                        \
    .q5_k = halftone_encode_q5_k_##isa, .q6_k = halftone_encode_q6_k_##isa,                        \
    .iq4_xs = halftone_encode_iq4_xs_##isa,                                                        \
    .quantize_q4_0_bf16 = halftone_quantize_q4_0_bf16_##quantizer_isa,                             \
    .quantize_q8_0_bf16 = halftone_quantize_q8_0_bf16_##quantizer_isa,                             \
  }

/// Weights of a small block and of a large one, and bytes of each type's block.
enum {
  SMALL_BLOCK = 32,
  LARGE_BLOCK = 256,
  Q4_0_BYTES = 2 + 16,
  Q4_1_BYTES = 2 + 2 + 16,
  Q5_0_BYTES = 2 + 4 + 16,
  Q5_1_BYTES = 2 + 2 + 4 + 16,
  Q8_0_BYTES = 2 + 32,
  IQ4_NL_BYTES = 2 + 16,
  MXFP4_BYTES = 1 + 16,
  Q2_K_BYTES = 16 + 64 + 2 + 2,
  Q3_K_BYTES = 32 + 64 + 12 + 2,
  Q4_K_BYTES = 2 + 2 + 12 + 128,
  Q5_K_BYTES = 2 + 2 + 12 + 32 + 128,
  Q6_K_BYTES = 128 + 64 + 16 + 2,
  IQ4_XS_BYTES = 2 + 2 + 4 + 128,
};

/// The most parts (runs with a scale of their own) that a large block has.
#define MOST_PARTS 16
/// Below this largest magnitude a part counts as zero.
#define ZERO_BELOW 1e-15f

/// The scales and minima of a block's parts: weight = scale * code - minimum.
typedef struct affine_choice {
  float scale[MOST_PARTS], minimum[MOST_PARTS];
  /// The codes that gave them: those of factor * (x - lowest). They stand where a scale gets lost in
  /// rounding.
  float factor[MOST_PARTS], lowest[MOST_PARTS];
} affine_choice;

/// How the reference searches for them.
typedef struct affine_search {
  int parts, length;      ///< parts of a block, weights of a part
  int largest;            ///< the largest code
  float first, step;      ///< step k scales the range to largest + first + k * step codes
  int last;               ///< the last k
  int absolute;           ///< errors count by magnitude and weights |x|, not by square and mean + |x|
} affine_search;

/// The scales of a block's parts: weight = scale * code, codes -half...half - 1.
typedef struct symmetric_choice {
  float scale[MOST_PARTS];
  /// The codes that gave them, plus `half`; 0 throughout where a part is zero.
  int8_t codes[LARGE_BLOCK];
} symmetric_choice;

BLOCKS_INLINE int smaller(int a, int b) { return a < b ? a : b; }
BLOCKS_INLINE int larger(int a, int b) { return a > b ? a : b; }
BLOCKS_INLINE int limited(int value, int low, int high) { return larger(low, smaller(high, value)); }

/// The nearest whole number, halves to even, as the reference computes it: by an addition that leaves
/// no fraction. Beyond 22 bits (and for NaN) that is some other number, and the same everywhere.
BLOCKS_INLINE int nearest(float value) {
  return (int)(halftone_bits(value + 12582912.0f) & 0x007FFFFF) - 0x00400000;
}

/// Towards zero; 0x80000000 beyond int's range and for NaN, as x86-64 has it.
BLOCKS_INLINE int truncated(float value) {
  return value > -2147483904.0f && value < 2147483648.0f ? (int)value : (int)0x80000000;
}

/// Stores a number in half precision and returns what became of it.
///
/// A variant that has instructions for it defines HALF_INSTRUCTIONS; NaN aside, they give the same.
BLOCKS_INLINE float store_half(uint8_t *dst, float value) {
#if defined(HALF_INSTRUCTIONS)
  uint16_t half = _cvtss_sh(value, _MM_FROUND_TO_NEAREST_INT);
  float stored = _cvtsh_ss(half);
#else
  uint16_t half = halftone_narrow_half(value);
  float stored = halftone_widen_half(half);
#endif
  dst[0] = (uint8_t)(half & 255);
  dst[1] = (uint8_t)(half >> 8);
  return stored;
}

/// IQ4's codebook.
static const int8_t iq4_codebook[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                        1,    13,   25,  38,  53,  69,  89,  113};
/// The midpoints between its values. The reference takes the nearer of two by comparing their
/// distances, which near a midpoint are exact; the higher one at the midpoint itself.
static const float iq4_midpoints[15] = {-115.5f, -93.5f, -74, -57, -42,   -28.5f, -16, -4.5f,
                                        7,       19,     31.5f, 45.5f, 61, 79,    101};

#endif
