// SPDX-License-Identifier: Apache-2.0

#include "kernels_internal.h"

#if defined(__aarch64__)

void halftone_encode_affine_neon(const float *src, size_t n, size_t block, int bits,
                                 const float *scales, const float *biases, uint8_t *codes) {
  halftone_encode_affine_scalar(src, n, block, bits, scales, biases, codes);
}

void halftone_decode_affine_neon(const uint8_t *codes, size_t n, size_t block, int bits,
                                 const float *scales, const float *biases, float *dst) {
  halftone_decode_affine_scalar(codes, n, block, bits, scales, biases, dst);
}

#endif
