// SPDX-License-Identifier: Apache-2.0
//
// The definition of the encoders of blocks of 32 weights whose scale follows from the extreme weights.
// Included after ENCODER(type) is defined.

#include "blocks_mxfp4.h"

BLOCKS_INLINE float largest_magnitude(const float *x) {
  float largest = 0;
  for (int i = 0; i < SMALL_BLOCK; i++) {
    float magnitude = fabsf(x[i]);
    largest = magnitude > largest ? magnitude : largest;
  }
  return largest;
}

/// The first of the weights with the largest magnitude.
BLOCKS_INLINE float extreme(const float *x) {
  float largest = 0, found = 0;
  for (int i = 0; i < SMALL_BLOCK; i++) {
    if (largest < fabsf(x[i])) {
      largest = fabsf(x[i]);
      found = x[i];
    }
  }
  return found;
}

/// 1 / scale, and 0 for 0.
BLOCKS_INLINE float inverse(float scale) { return scale != 0 ? 1.0f / scale : 0.0f; }

/// Packs the low four bits of 32 codes: the first 16 in the low halves.
BLOCKS_INLINE void pack_nibbles(const uint8_t *codes, uint8_t *dst) {
  for (int i = 0; i < 16; i++) dst[i] = (uint8_t)((codes[i] & 15) | codes[i + 16] << 4);
}

/// Packs the fifth bit of 32 codes.
BLOCKS_INLINE void pack_fifth_bits(const uint8_t *codes, uint8_t *dst) {
  for (int byte = 0; byte < 4; byte++) {
    unsigned bits = 0;
    for (int i = 0; i < 8; i++) bits |= (unsigned)(codes[8 * byte + i] >> 4 & 1) << i;
    dst[byte] = (uint8_t)bits;
  }
}

/// Codes of a scale: the extreme weight gets code 0, zero the middle one.
BLOCKS_INLINE void scaled_codes(const float *x, int middle, uint8_t *block, uint8_t *codes,
                                float *restored) {
  float scale = extreme(x) / (float)-middle, factor = inverse(scale);
  float stored = store_half(block, scale);
  for (int i = 0; i < SMALL_BLOCK; i++) {
    int code = (int8_t)(uint8_t)truncated(x[i] * factor + ((float)middle + 0.5f));
    codes[i] = (uint8_t)smaller(2 * middle - 1, code);
    restored[i] = (float)(codes[i] - middle) * stored;
  }
}

/// Codes of a scale and a minimum, from 0 to `largest`.
BLOCKS_INLINE void ranged_codes(const float *x, int largest, uint8_t *block, uint8_t *codes,
                                float *restored) {
  float low = 0x1.fffffep+127f, high = -0x1.fffffep+127f;
  for (int i = 0; i < SMALL_BLOCK; i++) {
    low = x[i] < low ? x[i] : low;
    high = x[i] > high ? x[i] : high;
  }
  float scale = (high - low) / (float)largest, factor = inverse(scale);
  float stored = store_half(block, scale), minimum = store_half(block + 2, low);
  for (int i = 0; i < SMALL_BLOCK; i++) {
    int code = truncated((x[i] - low) * factor + 0.5f);
    // Five bits have room for what rounding could give; four are limited.
    codes[i] = largest == 15 ? (uint8_t)smaller(15, (int8_t)(uint8_t)code) : (uint8_t)code;
    restored[i] = stored * (float)(largest == 15 ? codes[i] & 15 : codes[i] & 31) + minimum;
  }
}

void ENCODER(q4_0)(const float *src, size_t blocks, uint8_t *dst, float *restored) {
  for (size_t b = 0; b < blocks; b++, src += SMALL_BLOCK, restored += SMALL_BLOCK) {
    uint8_t codes[SMALL_BLOCK];
    scaled_codes(src, 8, dst, codes, restored);
    pack_nibbles(codes, dst + 2);
    dst += Q4_0_BYTES;
  }
}

void ENCODER(q4_1)(const float *src, size_t blocks, uint8_t *dst, float *restored) {
  for (size_t b = 0; b < blocks; b++, src += SMALL_BLOCK, restored += SMALL_BLOCK) {
    uint8_t codes[SMALL_BLOCK];
    ranged_codes(src, 15, dst, codes, restored);
    pack_nibbles(codes, dst + 4);
    dst += Q4_1_BYTES;
  }
}

void ENCODER(q5_0)(const float *src, size_t blocks, uint8_t *dst, float *restored) {
  for (size_t b = 0; b < blocks; b++, src += SMALL_BLOCK, restored += SMALL_BLOCK) {
    uint8_t codes[SMALL_BLOCK];
    scaled_codes(src, 16, dst, codes, restored);
    pack_fifth_bits(codes, dst + 2);
    pack_nibbles(codes, dst + 6);
    dst += Q5_0_BYTES;
  }
}

void ENCODER(q5_1)(const float *src, size_t blocks, uint8_t *dst, float *restored) {
  for (size_t b = 0; b < blocks; b++, src += SMALL_BLOCK, restored += SMALL_BLOCK) {
    uint8_t codes[SMALL_BLOCK];
    ranged_codes(src, 31, dst, codes, restored);
    pack_fifth_bits(codes, dst + 4);
    pack_nibbles(codes, dst + 8);
    dst += Q5_1_BYTES;
  }
}

void ENCODER(q8_0)(const float *src, size_t blocks, uint8_t *dst, float *restored) {
  for (size_t b = 0; b < blocks; b++, src += SMALL_BLOCK, restored += SMALL_BLOCK) {
    float scale = largest_magnitude(src) / 127.0f, factor = inverse(scale);
    float stored = store_half(dst, scale);
    for (int i = 0; i < SMALL_BLOCK; i++) {
      int8_t code = (int8_t)(uint8_t)truncated(roundf(src[i] * factor));
      dst[2 + i] = (uint8_t)code;
      restored[i] = (float)code * stored;
    }
    dst += Q8_0_BYTES;
  }
}

void ENCODER(mxfp4)(const float *src, size_t blocks, uint8_t *dst, float *restored) {
  for (size_t b = 0; b < blocks; b++, src += SMALL_BLOCK, restored += SMALL_BLOCK) {
    dst[0] = mxfp4_power(largest_magnitude(src));
    float scale = mxfp4_scale(dst[0]), bounds[7];
    mxfp4_bounds(scale, bounds);
    uint8_t codes[SMALL_BLOCK];
    for (int i = 0; i < SMALL_BLOCK; i++) {
      int code = 0;
      for (int k = 0; k < 7; k++) code += bounds[k] < fabsf(src[i]);
      float value = mxfp4_magnitudes[code];
      int is_negative = src[i] < 0 && code != 0;
      codes[i] = (uint8_t)(is_negative ? code + 8 : code);
      restored[i] = scale * (is_negative ? -value : value);
    }
    pack_nibbles(codes, dst + 1);
    dst += MXFP4_BYTES;
  }
}
