// SPDX-License-Identifier: Apache-2.0
//
// Fused multiply-add belongs to the architecture; vectors of eight, two registers each, keep its
// pipelines busy.

#include "kernels_internal.h"

#if defined(__aarch64__)

#define LANES 8
#define FUSED 1
#define VARIANT(name) halftone_##name##_neon
#include "math_template.h"

#endif
