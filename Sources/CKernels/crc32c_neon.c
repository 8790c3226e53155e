// SPDX-License-Identifier: Apache-2.0
//
// Three streams, because the instruction's latency is longer than the interval between two of them.
// A stream's CRC moves over the bytes that follow it by a product with x^(8 * length), in software:
// some hundred cycles for every 12 KiB.

#include "kernels_internal.h"

#if defined(__aarch64__)

static inline uint64_t load64(const uint8_t *p) {
  uint64_t value;
  memcpy(&value, p, sizeof value);
  return value;
}

__attribute__((target("crc"))) uint32_t halftone_crc32c_neon(uint32_t crc, const void *bytes,
                                                             size_t count) {
  enum { length = 4096 };
  const uint32_t once = 0x35D73A62, twice = 0x28461564;  // x^(8 * length), x^(16 * length)
  const uint8_t *p = bytes;
  crc = ~crc;
  for (; count >= 3 * length; count -= 3 * length, p += 3 * length) {
    uint32_t a = crc, b = 0, c = 0;
    for (size_t i = 0; i < length; i += 8) {
      a = __builtin_arm_crc32cd(a, load64(p + i));
      b = __builtin_arm_crc32cd(b, load64(p + length + i));
      c = __builtin_arm_crc32cd(c, load64(p + 2 * length + i));
    }
    crc = halftone_crc32c_multiply(twice, a) ^ halftone_crc32c_multiply(once, b) ^ c;
  }
  for (; count >= 8; count -= 8, p += 8) crc = __builtin_arm_crc32cd(crc, load64(p));
  for (; count > 0; count--, p++) crc = __builtin_arm_crc32cb(crc, *p);
  return ~crc;
}

#endif
