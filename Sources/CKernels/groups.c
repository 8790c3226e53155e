// SPDX-License-Identifier: Apache-2.0

#include "kernels_internal.h"

void halftone_encode_groups(const float *src, size_t n, size_t group, const float *scales,
                            const float *zeros, float largest, uint8_t *codes) {
  // Adding and taking away 1.5 * 2^23 rounds every number below 2^22 to the nearest whole one, halves to
  // even; what is larger is out of the range of codes anyway.
  const float rounder = 12582912.0f;
  for (size_t start = 0, g = 0; start < n; start += group, g++) {
    size_t end = start + halftone_smaller(group, n - start);
    const float scale = scales[g], zero = zeros[g];
    for (size_t i = start; i < end; i++) {
      float y = src[i] / scale;
      y = y > -512.0f ? y : -512.0f;
      y = y < 512.0f ? y : 512.0f;
      y = ((y + rounder) - rounder) + zero;
      y = y > 0 ? y : 0;
      y = y < largest ? y : largest;
      codes[i] = (uint8_t)(int32_t)y;
    }
  }
}

void halftone_decode_groups(const uint8_t *codes, size_t n, size_t group, const float *scales,
                            const float *zeros, float *dst) {
  for (size_t start = 0, g = 0; start < n; start += group, g++) {
    size_t end = start + halftone_smaller(group, n - start);
    const float scale = scales[g], zero = zeros[g];
    for (size_t i = start; i < end; i++) dst[i] = ((float)codes[i] - zero) * scale;
  }
}

void halftone_pack_nibbles(const uint8_t *codes, size_t n, uint8_t *packed) {
  for (size_t i = 0; i < n / 2; i++) packed[i] = (uint8_t)(codes[2 * i] | codes[2 * i + 1] << 4);
  if (n % 2 == 1) packed[n / 2] = codes[n - 1];
}

void halftone_unpack_nibbles(const uint8_t *packed, size_t n, uint8_t *codes) {
  for (size_t i = 0; i < n / 2; i++) {
    codes[2 * i] = packed[i] & 15;
    codes[2 * i + 1] = packed[i] >> 4;
  }
  if (n % 2 == 1) codes[n - 1] = packed[n / 2] & 15;
}

void halftone_swap_nibbles(const uint8_t *src, size_t n, uint8_t *dst) {
  for (size_t i = 0; i < n; i++) dst[i] = (uint8_t)(src[i] << 4 | src[i] >> 4);
}
