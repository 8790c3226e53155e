// SPDX-License-Identifier: Apache-2.0
//
// Integer codes with a scale and a zero point for each group of weights, one code to a byte. Portable C
// only: division bounds these loops, and a compiler makes vectors of them.

#ifndef HALFTONE_GROUP_KERNELS_H
#define HALFTONE_GROUP_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/// code = rint(x / scales[g]) + zeros[g] clamped to 0...largest, halves to even. Scales are positive;
/// zeros are whole numbers.
void halftone_encode_groups(const float *src, size_t n, size_t group, const float *scales,
                            const float *zeros, float largest, uint8_t *codes);

/// dst = ((float)code - zeros[g]) * scales[g]
void halftone_decode_groups(const uint8_t *codes, size_t n, size_t group, const float *scales,
                            const float *zeros, float *dst);

/// Two codes of four bits to a byte, the first in the low half; an odd one is padded with 0.
void halftone_pack_nibbles(const uint8_t *codes, size_t n, uint8_t *packed);

/// The inverse of halftone_pack_nibbles.
void halftone_unpack_nibbles(const uint8_t *packed, size_t n, uint8_t *codes);

/// Exchanges the halves of every byte.
void halftone_swap_nibbles(const uint8_t *src, size_t n, uint8_t *dst);

#endif
