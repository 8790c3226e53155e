// SPDX-License-Identifier: Apache-2.0
//
// As with AVX2, 16 packed codes at a time.

#include "products_internal.h"

#if defined(__aarch64__)
#include <arm_neon.h>

void halftone_unpack_neon(const uint8_t *codes, size_t n, int bits, int zero,
                          const int8_t *table, int8_t *dst) {
  const size_t width = (size_t)bits, end = (n * width + 7) / 8;
  uint8_t places[16];
  int32_t offsets[4];
  for (size_t word = 0; word < 4; word++) {
    const size_t bit = 4 * width * word;
    for (size_t k = 0; k < 4; k++) places[4 * word + k] = (uint8_t)(bit / 8 + k);
    offsets[word] = -(int32_t)(bit % 8);
  }
  const uint8x16_t windows = vld1q_u8(places);
  const int32x4_t shifts = vld1q_s32(offsets);
  const int32x4_t pair_shift = vdupq_n_s32(16 - 2 * bits), code_shift = vdupq_n_s32(8 - bits);
  const uint32_t two = (1u << 2 * bits) - 1, one = ((1u << bits) - 1) * 0x00010001u;
  const uint32x4_t low_pairs = vdupq_n_u32(two), high_pairs = vdupq_n_u32(two << 16);
  const uint32x4_t low_codes = vdupq_n_u32(one), high_codes = vdupq_n_u32(one << 8);
  const uint8x16_t zeros = vdupq_n_u8((uint8_t)zero);
  const int8x16_t bytes = table ? vld1q_s8(table) : vdupq_n_s8(0);
  uint8_t last[16] = {0};
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    const size_t at = i / 8 * width;
    const uint8_t *place = codes + at;
    if (end - at < sizeof last) {
      memcpy(last, place, 2 * width);
      place = last;
    }
    const uint32x4_t fours =
        vshlq_u32(vreinterpretq_u32_u8(vqtbl1q_u8(vld1q_u8(place), windows)), shifts);
    const uint32x4_t pairs = vorrq_u32(vandq_u32(fours, low_pairs),
                                       vandq_u32(vshlq_u32(fours, pair_shift), high_pairs));
    const uint8x16_t code = vreinterpretq_u8_u32(
        vorrq_u32(vandq_u32(pairs, low_codes),
                  vandq_u32(vshlq_u32(pairs, code_shift), high_codes)));
    vst1q_s8(dst + i,
             table ? vqtbl1q_s8(bytes, code) : vreinterpretq_s8_u8(vsubq_u8(code, zeros)));
  }
  halftone_unpack_scalar(codes + i / 8 * width, n - i, bits, zero, table, dst + i);
}

#endif
