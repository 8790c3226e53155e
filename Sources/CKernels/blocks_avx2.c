// SPDX-License-Identifier: Apache-2.0
//
// The encoders that search for scales, with vectors of eight.

#include "kernels_internal.h"

#if defined(__x86_64__)
#include "kernels_x86.h"

HALFTONE_BEGIN_AVX2

#define HALF_INSTRUCTIONS
#define ENCODER(type) halftone_encode_##type##_avx2

#include "blocks.h"
#include "blocks_search_avx2.h"
#include "blocks_affine.h"
#include "blocks_symmetric.h"
#include "blocks_iq4.h"

HALFTONE_END
#endif
