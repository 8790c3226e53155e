// SPDX-License-Identifier: Apache-2.0
#include "CKernels.h"
const halftone_kernels *halftone_kernels_for(halftone_isa isa) { (void)isa; return NULL; }
const halftone_kernels *halftone_kernels_active(void) { return NULL; }
uint32_t halftone_crc32c_combine(uint32_t a, uint32_t b, uint64_t n) { (void)n; return a ^ b; }
