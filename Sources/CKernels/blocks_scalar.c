// SPDX-License-Identifier: Apache-2.0
//
// The definition of the block encoders.

#include "blocks_chain.h"

#define ENCODER(type) halftone_encode_##type##_scalar

#include "blocks_search_scalar.h"
#define search_affine search_affine_portable
#define search_q3 search_q3_portable
#define search_q6 search_q6_portable
#define search_iq4 search_iq4_portable
#define iq4_codes iq4_codes_portable
#include "blocks_small.h"
#include "blocks_affine.h"
#include "blocks_symmetric.h"
#include "blocks_iq4.h"

HALFTONE_DEFINE_BLOCK_CHAIN(halftone_quantize_q4_0_bf16_scalar, q4_0, Q4_0_BYTES, scalar, scalar)
HALFTONE_DEFINE_BLOCK_CHAIN(halftone_quantize_q8_0_bf16_scalar, q8_0, Q8_0_BYTES, scalar, scalar)
