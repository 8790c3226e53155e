// SPDX-License-Identifier: Apache-2.0
//
// For any processor: vectors of four, which the compiler maps to whatever there is.

#define LANES 4
#define FUSED 0
#define VARIANT(name) halftone_##name##_scalar
#include "math_template.h"
