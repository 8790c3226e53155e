// SPDX-License-Identifier: Apache-2.0

#include "kernels_internal.h"

#if defined(__x86_64__)
#include <math.h>

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#define LANES 8
#define FUSED 1
#define VARIANT(name) halftone_##name##_avx2
#include "math_template.h"

#pragma clang attribute pop
#endif
