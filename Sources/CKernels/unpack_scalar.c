// SPDX-License-Identifier: Apache-2.0

#include "kernels_internal.h"

void halftone_unpack_scalar(const uint8_t *codes, size_t n, int bits, int zero,
                            const int8_t *table, int8_t *dst) {
  const size_t width = (size_t)bits;
  for (size_t i = 0; i < n; i += 8) {
    const uint8_t *place = codes + i / 8 * width;
    const size_t length = halftone_smaller(8, n - i);
    uint64_t joined = 0;
    for (size_t p = 0; 8 * p < length * width; p++) joined |= (uint64_t)place[p] << 8 * p;
    const uint64_t spread = halftone_spread_codes(joined, bits);
    for (size_t k = 0; k < length; k++) {
      const int code = (int)(spread >> 8 * k & 255);
      dst[i + k] = table ? table[code] : (int8_t)(code - zero);
    }
  }
}
