// SPDX-License-Identifier: Apache-2.0

#include "kernels_internal.h"

#if defined(__aarch64__)
#include <arm_neon.h>

void halftone_split_planes2_neon(const uint8_t *src, size_t elements, uint8_t *dst) {
  size_t e = 0;
  for (; e + 16 <= elements; e += 16) {
    uint8x16x2_t planes = vld2q_u8(src + 2 * e);
    vst1q_u8(dst + e, planes.val[0]);
    vst1q_u8(dst + elements + e, planes.val[1]);
  }
  for (; e < elements; e++) {
    for (size_t p = 0; p < 2; p++) dst[p * elements + e] = src[2 * e + p];
  }
}

void halftone_join_planes2_neon(const uint8_t *src, size_t elements, uint8_t *dst) {
  size_t e = 0;
  for (; e + 16 <= elements; e += 16) {
    uint8x16x2_t planes = {{vld1q_u8(src + e), vld1q_u8(src + elements + e)}};
    vst2q_u8(dst + 2 * e, planes);
  }
  for (; e < elements; e++) {
    for (size_t p = 0; p < 2; p++) dst[2 * e + p] = src[p * elements + e];
  }
}

void halftone_split_planes4_neon(const uint8_t *src, size_t elements, uint8_t *dst) {
  size_t e = 0;
  for (; e + 16 <= elements; e += 16) {
    uint8x16x4_t planes = vld4q_u8(src + 4 * e);
    for (size_t p = 0; p < 4; p++) vst1q_u8(dst + p * elements + e, planes.val[p]);
  }
  for (; e < elements; e++) {
    for (size_t p = 0; p < 4; p++) dst[p * elements + e] = src[4 * e + p];
  }
}

void halftone_join_planes4_neon(const uint8_t *src, size_t elements, uint8_t *dst) {
  size_t e = 0;
  for (; e + 16 <= elements; e += 16) {
    uint8x16x4_t planes;
    for (size_t p = 0; p < 4; p++) planes.val[p] = vld1q_u8(src + p * elements + e);
    vst4q_u8(dst + 4 * e, planes);
  }
  for (; e < elements; e++) {
    for (size_t p = 0; p < 4; p++) dst[4 * e + p] = src[p * elements + e];
  }
}

#endif
