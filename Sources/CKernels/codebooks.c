// SPDX-License-Identifier: Apache-2.0
//
// The decision points of the 4-bit schemes. KernelTests recomputes NF4's from its codebook.

#include "kernels_internal.h"

const uint32_t halftone_nf4_thresholds[15] = {
    0xBF591CD8, 0xBF1C5270, 0xBEEB8480, 0xBEADEA76, 0xBE703CEC, 0xBE0D38BC, 0xBD3A7871, 0x3D22FAFF,
    0x3DF64862, 0x3E5067E0, 0x3E9582D4, 0x3EC753F9, 0x3F006D04, 0x3F248DAF, 0x3F5C89DA,
};

// 0 | 1/192 | 1/6 | 1/4 | 1/3 | 1/2 | 2/3 | 1
const uint32_t halftone_fp4_thresholds[7] = {
    0x3B2AAAB9, 0x3DB00000, 0x3E555555, 0x3E955555, 0x3ED55556, 0x3F155550, 0x3F555555,
};

const uint8_t halftone_fp4_codes[8] = {0, 1, 6, 7, 4, 5, 2, 3};
