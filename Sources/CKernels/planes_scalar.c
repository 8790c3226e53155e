// SPDX-License-Identifier: Apache-2.0

#include "kernels_internal.h"

static inline void split(const uint8_t *src, size_t elements, size_t width, uint8_t *dst) {
  for (size_t e = 0; e < elements; e++) {
    for (size_t p = 0; p < width; p++) dst[p * elements + e] = src[e * width + p];
  }
}

static inline void join(const uint8_t *src, size_t elements, size_t width, uint8_t *dst) {
  for (size_t e = 0; e < elements; e++) {
    for (size_t p = 0; p < width; p++) dst[e * width + p] = src[p * elements + e];
  }
}

void halftone_split_planes2_scalar(const uint8_t *src, size_t elements, uint8_t *dst) {
  split(src, elements, 2, dst);
}

void halftone_join_planes2_scalar(const uint8_t *src, size_t elements, uint8_t *dst) {
  join(src, elements, 2, dst);
}

void halftone_split_planes4_scalar(const uint8_t *src, size_t elements, uint8_t *dst) {
  split(src, elements, 4, dst);
}

void halftone_join_planes4_scalar(const uint8_t *src, size_t elements, uint8_t *dst) {
  join(src, elements, 4, dst);
}
