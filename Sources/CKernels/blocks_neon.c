// SPDX-License-Identifier: Apache-2.0

#include "blocks_chain.h"

#if defined(__aarch64__)
HALFTONE_DEFINE_BLOCK_CHAIN(halftone_quantize_q4_0_bf16_neon, q4_0, Q4_0_BYTES, scalar, neon)
HALFTONE_DEFINE_BLOCK_CHAIN(halftone_quantize_q8_0_bf16_neon, q8_0, Q8_0_BYTES, scalar, neon)
#endif
