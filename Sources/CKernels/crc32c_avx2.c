// SPDX-License-Identifier: Apache-2.0
//
// The crc32 instruction takes three cycles but a new one can start in each, so long runs go in three
// streams. A stream's CRC moves over the `length` bytes that follow it by a carry-less product with
// x^(8 * length - 33), after which crc32 of the 64-bit product multiplies by the missing x^33.

#include "kernels_internal.h"

#if defined(__x86_64__)
#include "kernels_x86.h"

HALFTONE_BEGIN_AVX2

static inline uint64_t load64(const uint8_t *p) {
  uint64_t value;
  memcpy(&value, p, sizeof value);
  return value;
}

static inline uint64_t carryless(uint32_t a, uint32_t b) {
  __m128i product = _mm_clmulepi64_si128(_mm_cvtsi32_si128((int)a), _mm_cvtsi32_si128((int)b), 0);
  return (uint64_t)_mm_cvtsi128_si64(product);
}

/// Consumes 3 * length bytes at a time. `once` and `twice` are the powers for one and two lengths.
static inline uint64_t three_streams(uint64_t crc, const uint8_t **bytes, size_t *count,
                                     size_t length, uint32_t once, uint32_t twice) {
  while (*count >= 3 * length) {
    const uint8_t *p = *bytes;
    uint64_t a = crc, b = 0, c = 0;
    for (size_t i = 0; i < length; i += 8) {
      a = _mm_crc32_u64(a, load64(p + i));
      b = _mm_crc32_u64(b, load64(p + length + i));
      c = _mm_crc32_u64(c, load64(p + 2 * length + i));
    }
    uint64_t moved = carryless((uint32_t)a, twice) ^ carryless((uint32_t)b, once);
    crc = c ^ _mm_crc32_u64(0, moved);
    *bytes += 3 * length;
    *count -= 3 * length;
  }
  return crc;
}

uint32_t halftone_crc32c_avx2(uint32_t crc, const void *bytes, size_t count) {
  const uint8_t *p = bytes;
  uint64_t state = (uint32_t)~crc;
  state = three_streams(state, &p, &count, 4096, 0x82F89C77, 0x54A86326);
  state = three_streams(state, &p, &count, 128, 0x0D3B6092, 0xB9E02B86);
  for (; count >= 8; count -= 8, p += 8) state = _mm_crc32_u64(state, load64(p));
  uint32_t last = (uint32_t)state;
  for (; count > 0; count--, p++) last = _mm_crc32_u8(last, *p);
  return ~last;
}

HALFTONE_END
#endif
