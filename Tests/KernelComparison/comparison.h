// SPDX-License-Identifier: Apache-2.0

#ifndef HALFTONE_COMPARISON_H
#define HALFTONE_COMPARISON_H

#include <stdlib.h>
#include <string.h>

#include "KernelComparison.h"

/// Bytes around every destination that nobody may write.
#define MARGIN 64
#define MARGIN_VALUE 0xA5

/// Kinds of weights: like a model's; every exponent; special values; decision points of the 4-bit
/// schemes and their neighbours; whole and half numbers; any bits, NaN included.
enum weight_kind { ORDINARY, EXPONENTS, SPECIAL, TIES, HALVES, ANY_BITS, WEIGHT_KINDS };
/// Kinds of per-block factors: derived from the weights; ones; special values.
enum factor_kind { DERIVED, ONES, SPECIAL_FACTORS, FACTOR_KINDS };

extern const size_t comparison_lengths[];
extern const size_t comparison_length_count;
extern const size_t comparison_blocks[];
extern const size_t comparison_block_count;

uint32_t comparison_random(uint64_t *state);
void comparison_fill_weights(enum weight_kind kind, uint64_t seed, size_t n, float *dst);
/// Fills `count` factors; DERIVED ones are `numerator` / absmax, or absmax where that is 0.
void comparison_fill_factors(enum factor_kind kind, float numerator, const float *src, size_t n,
                             size_t block, const halftone_kernels *reference, float *dst);

/// Two destinations of the same size, for candidate and reference, between margins.
typedef struct destinations {
  size_t count;
  uint8_t *memory[2];
} destinations;

destinations destinations_make(size_t byte_count);
void *destination(destinations d, int side);
/// Compares and frees. `floats` lets NaN equal NaN.
int destinations_agree(destinations d, int floats);

/// Compares `n` unpacked codes of each width with what their bits say one by one.
void comparison_unpack(const halftone_kernels *candidate, size_t n, kernel_comparison *result);

/// Whether all sums are the same, NaN equal to NaN.
int comparison_same_sums(const halftone_error_sums *a, const halftone_error_sums *b);

/// Counts a call; if it did not agree, notes where.
void comparison_count(kernel_comparison *result, int agrees, const char *kernel, size_t n,
                      size_t block, int kind, int factors);

#endif
