// SPDX-License-Identifier: Apache-2.0
//
// What MXFP4's encoders share: the block's power of two, and where codes begin.

#ifndef HALFTONE_BLOCKS_MXFP4_H
#define HALFTONE_BLOCKS_MXFP4_H

#include "blocks.h"

/// E2M1's magnitudes, doubled; a code with bit 3 set is negative.
static const float mxfp4_magnitudes[8] = {0, 1, 2, 3, 4, 6, 8, 12};

/// 2^(code - 128), half of what the code stands for, since the magnitudes are doubled.
BLOCKS_INLINE float mxfp4_scale(uint8_t code) {
  return halftone_float(code < 2 ? 0x00200000u << code : (uint32_t)(code - 1) << 23);
}

/// The block's power: two binades below that of its largest weight.
///
/// The reference rounds the logarithm to fp32 before it rounds it down, which gives one more just below
/// a power of two; and below 2^-125 the code wraps to a large one, by which all codes are 0.
BLOCKS_INLINE uint8_t mxfp4_power(float largest) {
  uint32_t bits = halftone_bits(largest), exponent = bits >> 23;
  if (bits == 0) return 0;
  int floor_of_log = (int)exponent - 127;
  if (exponent == 0 || (exponent < 255 && (bits & 0x007FFFFF) > 0x007FFF00)) {
    floor_of_log = (int)floorf((float)log2((double)largest));
  }
  return (uint8_t)(floor_of_log - 2 + 127);
}

/// The magnitudes up to which a weight gets each of the first seven codes. Near them distances are
/// exact, so that this is what comparing distances gives; a value that overflows is nobody's nearest.
BLOCKS_INLINE void mxfp4_bounds(float scale, float bounds[7]) {
  for (int k = 0; k < 7; k++) {
    float next = mxfp4_magnitudes[k + 1] * scale;
    float middle = (mxfp4_magnitudes[k] + mxfp4_magnitudes[k + 1]) / 2;
    bounds[k] = next > 0x1.fffffep+127f ? next : middle * scale;
  }
}

#endif
