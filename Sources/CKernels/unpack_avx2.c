// SPDX-License-Identifier: Apache-2.0

#include "products_internal.h"

#if defined(__x86_64__)
#include "unpack_avx2.h"

HALFTONE_BEGIN_AVX2

void halftone_unpack_avx2(const uint8_t *codes, size_t n, int bits, int zero, const int8_t *table,
                          int8_t *dst) {
  const unpacking how = make_unpacking(bits, zero, table);
  const uint8_t *end = codes + (n * how.width + 7) / 8;
  size_t i = 0;
  for (; i + 32 <= n; i += 32, codes += 4 * how.width) {
    halftone_ask_ahead(codes);
    _mm256_storeu_si256((__m256i *)(void *)(dst + i), unpack_group(&how, codes, end));
  }
  halftone_unpack_scalar(codes, n - i, bits, zero, table, dst + i);
}

void halftone_unpack_avx512(const uint8_t *codes, size_t n, int bits, int zero,
                            const int8_t *table, int8_t *dst) {
  halftone_unpack_avx2(codes, n, bits, zero, table, dst);
}

HALFTONE_END
#endif
