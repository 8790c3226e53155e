// SPDX-License-Identifier: Apache-2.0
//
// Eight codes of a few bits as eight bytes, and one after the other in as many bytes as they have bits.

#ifndef HALFTONE_PACKED_CODES_H
#define HALFTONE_PACKED_CODES_H

#include <stdint.h>

/// Closes the gaps between the codes in eight bytes: of 2 · width bits each time, two neighbours
/// become one. Every byte is below 2^bits.
static inline uint64_t halftone_join_codes(uint64_t bytes, int bits) {
  uint64_t pairs = (bytes & 0x00FF00FF00FF00FFu) | (bytes & 0xFF00FF00FF00FF00u) >> (8 - bits);
  uint64_t fours = (pairs & 0x0000FFFF0000FFFFu) | (pairs & 0xFFFF0000FFFF0000u) >> (16 - 2 * bits);
  return (fours & 0x00000000FFFFFFFFu) | (fours & 0xFFFFFFFF00000000u) >> (32 - 4 * bits);
}

/// The inverse; bits from 8 · bits on are ignored.
static inline uint64_t halftone_spread_codes(uint64_t joined, int bits) {
  const uint64_t four = ((uint64_t)1 << 4 * bits) - 1;
  const uint64_t two = (((uint64_t)1 << 2 * bits) - 1) * 0x0000000100000001u;
  const uint64_t one = (((uint64_t)1 << bits) - 1) * 0x0001000100010001u;
  uint64_t fours = (joined & four) | (joined << (32 - 4 * bits) & four << 32);
  uint64_t pairs = (fours & two) | (fours << (16 - 2 * bits) & two << 16);
  return (pairs & one) | (pairs << (8 - bits) & one << 8);
}

#endif
