// SPDX-License-Identifier: Apache-2.0

#include "kernels_internal.h"

static unsigned nibble(const uint8_t *codes, size_t i) {
  return i % 2 == 0 ? codes[i / 2] >> 4 : codes[i / 2] & 15u;
}

void halftone_decode_lookup4_scalar(const uint8_t *codes, size_t n, size_t block,
                                    const float *table, const float *scales, float *dst) {
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    size_t end = start + halftone_smaller(block, n - start);
    for (size_t i = start; i < end; i++) dst[i] = table[nibble(codes, i)] * scales[b];
  }
}

void halftone_decode_int8_scalar(const int8_t *codes, size_t n, size_t block, const float *scales,
                                 float *dst) {
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    size_t end = start + halftone_smaller(block, n - start);
    for (size_t i = start; i < end; i++) dst[i] = (float)codes[i] * scales[b];
  }
}

void halftone_decode_uint4_scalar(const uint8_t *codes, size_t n, size_t block,
                                  const float *scales, const float *zeros, float *dst) {
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    size_t end = start + halftone_smaller(block, n - start);
    for (size_t i = start; i < end; i++) {
      dst[i] = ((float)nibble(codes, i) - zeros[b]) * scales[b];
    }
  }
}
