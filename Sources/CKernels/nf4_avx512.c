// SPDX-License-Identifier: Apache-2.0

#include "nf4_chain.h"

#if defined(__x86_64__)
HALFTONE_DEFINE_NF4_CHAIN(halftone_quantize_nf4_bf16_avx512, avx512)
#endif
