// SPDX-License-Identifier: Apache-2.0
//
// Comparison of one variant of the kernels with another, bit for bit, over awkward lengths, blocks
// and values; and of products, which have a bound instead, with dequantized weights. KernelTests runs it
// on the processor at hand, Benchmarks/kernels/emulate.sh on emulated ones.

#ifndef HALFTONE_KERNEL_COMPARISON_H
#define HALFTONE_KERNEL_COMPARISON_H

#include "CKernels.h"

typedef struct kernel_comparison {
  size_t cases;       ///< how many calls were compared
  size_t mismatches;  ///< how many of them differed, or wrote outside their destination
  char first[200];    ///< says which was the first
} kernel_comparison;

/// The kernels' names, NULL after the last.
const char *kernel_comparison_name(size_t index);

/// Compares the kernel of that index. NaN equals NaN where a kernel computes; elsewhere (narrowing,
/// widening, extremes) its bits must agree, too.
kernel_comparison kernel_compare(size_t index, const halftone_kernels *candidate,
                                 const halftone_kernels *reference);

/// The block encoders' names, NULL after the last.
const char *encoder_comparison_name(size_t index);

/// Compares the block encoder of that index, on weights that are finite.
kernel_comparison encoder_compare(size_t index, const halftone_block_encoders *candidate,
                                  const halftone_block_encoders *reference);

/// The names of the block encoders of one pass, NULL after the last.
const char *quantizer_comparison_name(size_t index);

/// Compares the block encoder of one pass of that index: blocks and sums, or that there is a weight or a
/// scale that is not finite.
kernel_comparison quantizer_compare(size_t index, const halftone_block_encoders *candidate,
                                    const halftone_block_encoders *reference);

/// The names of the products by kind of code and arithmetic, NULL after the last.
const char *product_comparison_name(size_t index);

/// Compares products with those in double of the dequantized weights, within the bounds that
/// product_kernels.h states: for several rows of activations at a time, their rows of weights together
/// and apart, stored and added.
kernel_comparison product_compare(size_t index, const halftone_products *candidate);

/// Compares products of packed codes, where there are some, with those of the bytes that they stand for.
kernel_comparison packed_product_compare(const halftone_products *candidate);

#endif
