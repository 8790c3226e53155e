// SPDX-License-Identifier: Apache-2.0
//
// Packed codes against what their bits say one by one.

#include "comparison.h"

static const int zeros[] = {0, 1, 32, 64, 128};

/// Bit by bit, without a zero or a table.
static int code_at(const uint8_t *codes, size_t index, int bits) {
  int code = 0;
  for (int bit = 0; bit < bits; bit++) {
    const size_t place = index * (size_t)bits + (size_t)bit;
    code |= (codes[place / 8] >> place % 8 & 1) << bit;
  }
  return code;
}

void comparison_unpack(const halftone_kernels *candidate, size_t n, kernel_comparison *result) {
  int8_t table[16];
  for (int i = 0; i < 16; i++) table[i] = (int8_t)(17 * i - 128);
  for (int bits = 2; bits <= 7; bits++) {
    const size_t bytes = (n * (size_t)bits + 7) / 8;
    uint64_t state = 7 * n + (uint64_t)bits;
    // Ends with the codes, so that a sanitizer sees a read past them.
    uint8_t *codes = malloc(bytes > 0 ? bytes : 1);
    if (codes == NULL) abort();
    for (size_t k = 0; k < bytes; k++) codes[k] = (uint8_t)(comparison_random(&state) >> 24);
    for (size_t z = 0; z <= sizeof zeros / sizeof zeros[0]; z++) {
      // The last time by the table.
      const int8_t *bytes_of_codes = z < sizeof zeros / sizeof zeros[0] ? NULL : table;
      const int zero = bytes_of_codes ? 0 : zeros[z];
      if (bytes_of_codes && bits > 4) continue;
      destinations d = destinations_make(n);
      int8_t *expected = destination(d, 1);
      candidate->unpack(codes, n, bits, zero, bytes_of_codes, destination(d, 0));
      for (size_t i = 0; i < n; i++) {
        const int code = code_at(codes, i, bits);
        expected[i] = bytes_of_codes ? table[code] : (int8_t)(code - zero);
      }
      comparison_count(result, destinations_agree(d, 0), "unpack", n, (size_t)bits, zero, (int)z);
    }
    free(codes);
  }
}
