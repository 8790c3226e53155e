// SPDX-License-Identifier: Apache-2.0
//
// What the 4-bit schemes are made of: decision points, codes, and the codebook of NF4. KernelTests
// recomputes the decision points of NF4 from its codebook.

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

const float halftone_nf4_codebook[16] = {
    -1.0f,
    -0.6961928009986877f,
    -0.5250730514526367f,
    -0.39491748809814453f,
    -0.28444138169288635f,
    -0.18477343022823334f,
    -0.09105003625154495f,
    0.0f,
    0.07958029955625534f,
    0.16093020141124725f,
    0.24611230194568634f,
    0.33791524171829224f,
    0.44070982933044434f,
    0.5626170039176941f,
    0.7229568362236023f,
    1.0f,
};
