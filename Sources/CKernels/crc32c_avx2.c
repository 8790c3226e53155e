// SPDX-License-Identifier: Apache-2.0
//
// The crc32 instruction takes three cycles but a new one can start in each, so long runs go in three
// streams, and a fourth is folded by carry-less products meanwhile, which other units of the processor
// compute. A stream's CRC moves over the `length` bytes that follow it by a carry-less product with
// x^(8 * length - 33), after which crc32 of the 64-bit product multiplies by the missing x^33.
//
// Folding: Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction",
// Intel, 2009.

#include "kernels_internal.h"

#if defined(__x86_64__)
#include "kernels_x86.h"

HALFTONE_BEGIN_AVX2

static inline uint64_t load64(const uint8_t *p) {
  uint64_t value;
  memcpy(&value, p, sizeof value);
  return value;
}

static inline __m128i load128(const uint8_t *p) { return _mm_loadu_si128((const __m128i *)p); }

static inline uint64_t carryless(uint64_t a, uint32_t b) {
  __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128((int64_t)(uint32_t)a),
                                         _mm_cvtsi32_si128((int)b), 0);
  return (uint64_t)_mm_cvtsi128_si64(product);
}

/// Moves 128 bits over a distance of D bits, where `next` is: `powers` are x^(D + 31) and x^(D - 33).
static inline __m128i fold(__m128i bits, __m128i powers, __m128i next) {
  __m128i low = _mm_clmulepi64_si128(bits, powers, 0x00);
  __m128i high = _mm_clmulepi64_si128(bits, powers, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

/// The powers that move a stream's CRC over one, two and three lengths.
typedef struct stream_shifts {
  uint32_t one, two, three;
} stream_shifts;

/// Consumes 4 * length bytes at a time; `length` is a multiple of 64.
static inline uint64_t four_streams(uint64_t crc, const uint8_t **bytes, size_t *count,
                                    size_t length, stream_shifts shifts) {
  const __m128i over_64 = _mm_set_epi64x(0x9E4ADDF8, 0x740EEF02);
  const __m128i over_16 = _mm_set_epi64x(0x493C7D27, 0xF20C0DFE);
  while (*count >= 4 * length) {
    const uint8_t *p = *bytes, *q = p + 3 * length;
    uint64_t a = crc, b = 0, c = 0;
    __m128i x0 = load128(q), x1 = load128(q + 16), x2 = load128(q + 32), x3 = load128(q + 48);
    for (size_t i = 0;;) {
      for (size_t k = 0; k < 64; k += 8) {
        a = _mm_crc32_u64(a, load64(p + i + k));
        b = _mm_crc32_u64(b, load64(p + length + i + k));
        c = _mm_crc32_u64(c, load64(p + 2 * length + i + k));
      }
      i += 64;
      if (i == length) break;
      x0 = fold(x0, over_64, load128(q + i));
      x1 = fold(x1, over_64, load128(q + i + 16));
      x2 = fold(x2, over_64, load128(q + i + 32));
      x3 = fold(x3, over_64, load128(q + i + 48));
    }
    __m128i folded = fold(fold(fold(x0, over_16, x1), over_16, x2), over_16, x3);
    uint64_t d = _mm_crc32_u64(0, (uint64_t)_mm_extract_epi64(folded, 0));
    d = _mm_crc32_u64(d, (uint64_t)_mm_extract_epi64(folded, 1));
    uint64_t moved =
        carryless(a, shifts.three) ^ carryless(b, shifts.two) ^ carryless(c, shifts.one);
    crc = d ^ _mm_crc32_u64(0, moved);
    *bytes += 4 * length;
    *count -= 4 * length;
  }
  return crc;
}

uint32_t halftone_crc32c_avx2(uint32_t crc, const void *bytes, size_t count) {
  const uint8_t *p = bytes;
  uint64_t state = (uint32_t)~crc;
  state = four_streams(state, &p, &count, 4096, (stream_shifts){0x82F89C77, 0x54A86326, 0xC1F19EE1});
  state = four_streams(state, &p, &count, 128, (stream_shifts){0x0D3B6092, 0xB9E02B86, 0xD270F1A2});
  for (; count >= 8; count -= 8, p += 8) state = _mm_crc32_u64(state, load64(p));
  uint32_t last = (uint32_t)state;
  for (; count > 0; count--, p++) last = _mm_crc32_u8(last, *p);
  return ~last;
}

HALFTONE_END
#endif
