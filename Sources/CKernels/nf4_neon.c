// SPDX-License-Identifier: Apache-2.0

#include "nf4_chain.h"

#if defined(__aarch64__)
HALFTONE_DEFINE_NF4_CHAIN(halftone_quantize_nf4_bf16_neon, neon)
#endif
