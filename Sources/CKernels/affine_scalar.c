// SPDX-License-Identifier: Apache-2.0

#include "kernels_internal.h"

/// The nearest code, halves to even. Below 2^23 adding and subtracting it rounds to a whole number;
/// what is clamped is at most 255. NaN gives 0, as the x86 instructions do.
static unsigned affine_code(float weight, float scale, float bias, float top) {
  float steps = (weight - bias) / scale;
  float raised = steps > 0 ? steps : 0;
  float clamped = raised < top ? raised : top;
  return (unsigned)((clamped + 8388608.0f) - 8388608.0f);
}

void halftone_encode_affine_scalar(const float *src, size_t n, size_t block, int bits,
                                   const float *scales, const float *biases, uint8_t *codes) {
  const float top = (float)((1 << bits) - 1);
  uint64_t pending = 0;
  int count = 0;
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    size_t end = start + halftone_smaller(block, n - start);
    for (size_t i = start; i < end; i++) {
      pending |= (uint64_t)affine_code(src[i], scales[b], biases[b], top) << count;
      for (count += bits; count >= 8; count -= 8, pending >>= 8) *codes++ = (uint8_t)pending;
    }
  }
  if (count > 0) *codes = (uint8_t)pending;
}

void halftone_decode_affine_scalar(const uint8_t *codes, size_t n, size_t block, int bits,
                                   const float *scales, const float *biases, float *dst) {
  const unsigned mask = (1u << bits) - 1;
  unsigned pending = 0;
  int count = 0;
  for (size_t start = 0, b = 0; start < n; start += block, b++) {
    size_t end = start + halftone_smaller(block, n - start);
    for (size_t i = start; i < end; i++, count -= bits, pending >>= bits) {
      if (count < bits) {
        pending |= (unsigned)*codes++ << count;
        count += 8;
      }
      dst[i] = (float)(pending & mask) * scales[b] + biases[b];
    }
  }
}
