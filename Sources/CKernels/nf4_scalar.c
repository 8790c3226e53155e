// SPDX-License-Identifier: Apache-2.0

#include "nf4_chain.h"

HALFTONE_DEFINE_NF4_CHAIN(halftone_quantize_nf4_bf16_scalar, scalar)
