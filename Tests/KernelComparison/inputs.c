// SPDX-License-Identifier: Apache-2.0

#include "comparison.h"

#include <math.h>

const size_t comparison_lengths[] = {0,   1,   2,   3,   6,   7,   8,   9,   15,   16,   17,   31,
                                     32,  33,  47,  48,  63,  64,  65,  99,  100,  101,  127,  128,
                                     129, 200, 255, 256, 257, 999, 2049, 4095, 4096, 4097, 8197, 12288};
const size_t comparison_length_count = sizeof comparison_lengths / sizeof comparison_lengths[0];
const size_t comparison_blocks[] = {1, 2, 7, 32, 33, 64, 100, 128, 4096, SIZE_MAX};
const size_t comparison_block_count = sizeof comparison_blocks / sizeof comparison_blocks[0];

static const float fp4_points[7] = {0.00260417f, 0.0859375f, 0.20833333f, 0.29166667f,
                                    0.4166667f,  0.583333f,  0.8333333f};
static const uint32_t special[] = {
    0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x007FFFFF, 0x00800000, 0x80800000, 0x3F800000,
    0xBF800000, 0x7F7FFFFF, 0xFF7FFFFF, 0x006CE3EE, 0x33000000, 0x33000001, 0x33800000, 0x387FC000,
    0x387FFFFF, 0x38800000, 0x477FE000, 0x477FEFFF, 0x477FF000, 0x477FF001, 0x3F808000, 0x3F818000,
    0x3F808001, 0x3F817FFF, 0x7F7F7FFF, 0x7F7F8000, 0x3F801000, 0x3F803000, 0x3F801001, 0x4B000001};
static const uint32_t not_finite[] = {0x7F800000, 0xFF800000, 0x7FC00000, 0xFFC00000,
                                      0x7F800001, 0xFF800001, 0x7FFFFFFF, 0x7FA00000};

uint32_t comparison_random(uint64_t *state) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(*state >> 32);
}

static float from_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static float tie(uint32_t random) {
  uint32_t which = random >> 8 & 31;
  float point = which < 15 ? (halftone_nf4_codebook[which] + halftone_nf4_codebook[which + 1]) / 2 : fp4_points[which % 7];
  if (random & 1 && which >= 15) point = -point;
  if (random & 2) return point;
  return nextafterf(point, random & 4 ? 2.0f : -2.0f);
}

void comparison_fill_weights(enum weight_kind kind, uint64_t seed, size_t n, float *dst) {
  uint64_t state = seed * 7919 + (uint64_t)kind * 104729 + n;
  for (size_t i = 0; i < n; i++) {
    uint32_t random = comparison_random(&state), more = comparison_random(&state);
    switch (kind) {
      case ORDINARY:
        dst[i] = ((float)(random >> 16) + (float)(more >> 16) - 65535.0f) * 0x1p-20f;
        break;
      case EXPONENTS:
        if ((random >> 23 & 255) == 255) random ^= 0x00800000;
        dst[i] = from_bits(random);
        break;
      case SPECIAL:
        // Every fourth run of 128 is zeros of either sign, so that whole blocks are.
        dst[i] = from_bits(i / 128 % 4 == 3 ? random & 0x80000000 : special[random >> 8 & 31]);
        break;
      case TIES:
        dst[i] = tie(random);
        break;
      case HALVES:
        dst[i] = (float)((int)(random % 1200) - 600) / 2;
        break;
      default:
        dst[i] = more % 64 == 0 ? from_bits(not_finite[random % 8]) : from_bits(random);
    }
  }
}

void comparison_fill_factors(enum factor_kind kind, float numerator, const float *src, size_t n,
                             size_t block, const halftone_kernels *reference, float *dst) {
  static const uint32_t factors[] = {0x00000000, 0x80000000, 0x3F800000, 0x00000001,
                                     0x006CE3EE, 0x7F800000, 0x7FC00000, 0xBF800000};
  size_t count = n / block + (n % block != 0);
  if (kind == DERIVED) reference->absmax(src, n, block, dst);
  for (size_t b = 0; b < count; b++) {
    if (kind == DERIVED && numerator != 0) dst[b] = dst[b] == 0 ? 0 : numerator / dst[b];
    if (kind == ONES) dst[b] = 1;
    if (kind == SPECIAL_FACTORS) dst[b] = from_bits(factors[(b * 5 + n) % 8]);
  }
}

destinations destinations_make(size_t byte_count) {
  destinations d = {.count = byte_count};
  for (int side = 0; side < 2; side++) {
    d.memory[side] = malloc(byte_count + 2 * MARGIN);
    if (d.memory[side] == NULL) abort();
    memset(d.memory[side], MARGIN_VALUE, byte_count + 2 * MARGIN);
  }
  return d;
}

void *destination(destinations d, int side) { return d.memory[side] + MARGIN; }

static int same_floats(const uint8_t *a, const uint8_t *b, size_t count) {
  for (size_t i = 0; i + 4 <= count; i += 4) {
    float x, y;
    memcpy(&x, a + i, 4);
    memcpy(&y, b + i, 4);
    if (memcmp(&x, &y, 4) != 0 && !(isnan(x) && isnan(y))) return 0;
  }
  return 1;
}

int destinations_agree(destinations d, int floats) {
  int agrees = 1;
  for (int side = 0; side < 2; side++) {
    for (size_t i = 0; i < MARGIN; i++) {
      agrees &= d.memory[side][i] == MARGIN_VALUE;
      agrees &= d.memory[side][MARGIN + d.count + i] == MARGIN_VALUE;
    }
  }
  const uint8_t *a = d.memory[0] + MARGIN, *b = d.memory[1] + MARGIN;
  agrees &= floats ? same_floats(a, b, d.count) : memcmp(a, b, d.count) == 0;
  free(d.memory[0]);
  free(d.memory[1]);
  return agrees;
}
