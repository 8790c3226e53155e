// SPDX-License-Identifier: Apache-2.0
//
// Q3_K and Q6_K: parts with a signed scale, which the block's scale quantizes. Included by a variant
// after ENCODER(type), pack_pairs, search_q3 and search_q6.

/// The codes of one part by its stored scale, offset by `half`; those of the search where the scale is
/// lost.
BLOCKS_INLINE void symmetric_codes(const float *x, int half, float scale, int8_t *codes,
                                   float *restored) {
  if (scale != 0) {
    for (int i = 0; i < 16; i++) {
      codes[i] = (int8_t)(limited(nearest(x[i] / scale), -half, half - 1) + half);
    }
  }
  for (int i = 0; i < 16; i++) restored[i] = scale * (float)(codes[i] - half);
}

/// The first of the scales with the largest magnitude.
BLOCKS_INLINE float extreme_scale(const float *scales) {
  float largest = 0, found = 0;
  for (int part = 0; part < 16; part++) {
    if (fabsf(scales[part]) > largest) {
      largest = fabsf(scales[part]);
      found = scales[part];
    }
  }
  return found;
}

void ENCODER(q3_k)(const float *src, size_t blocks, uint8_t *dst, float *restored) {
  for (size_t b = 0; b < blocks; b++, src += LARGE_BLOCK, restored += LARGE_BLOCK) {
    symmetric_choice choice;
    search_q3(src, &choice);
    float most = extreme_scale(choice.scale), factor = most != 0 ? -32.0f / most : 0;
    float scale = store_half(dst + 108, most != 0 ? 1 / factor : 0);
    uint8_t *packed = dst + 96;
    memset(packed, 0, 12);
    for (int part = 0; part < 16; part++) {
      // Without a scale all bits stay 0, which stands for -32.
      int step = -32;
      if (most != 0) {
        step = limited((int8_t)(uint8_t)nearest(factor * choice.scale[part]), -32, 31);
        int code = step + 32;
        packed[part % 8] |= (uint8_t)((code & 15) << 4 * (part / 8));
        packed[8 + part % 4] |= (uint8_t)(code >> 4 << 2 * (part / 4));
      }
      symmetric_codes(src + 16 * part, 4, scale * (float)step, choice.codes + 16 * part,
                      restored + 16 * part);
    }
    uint8_t low[LARGE_BLOCK];
    for (int i = 0; i < LARGE_BLOCK; i++) low[i] = (uint8_t)choice.codes[i] & 3;
    for (int i = 0; i < 32; i++) {
      unsigned bits = 0;
      for (int run = 0; run < 8; run++) {
        bits |= (unsigned)(choice.codes[32 * run + i] >> 2 & 1) << run;
      }
      dst[i] = (uint8_t)bits;
    }
    pack_pairs(low, dst + 32);
    dst += Q3_K_BYTES;
  }
}

void ENCODER(q6_k)(const float *src, size_t blocks, uint8_t *dst, float *restored) {
  for (size_t b = 0; b < blocks; b++, src += LARGE_BLOCK, restored += LARGE_BLOCK) {
    symmetric_choice choice;
    search_q6(src, &choice);
    float most = extreme_scale(choice.scale);
    if (fabsf(most) < ZERO_BELOW) {
      memset(dst, 0, Q6_K_BYTES);
      // Codes of 0 stand for -32, and the scales are 0.
      for (int i = 0; i < LARGE_BLOCK; i++) restored[i] = 0.0f * -32.0f;
      dst += Q6_K_BYTES;
      continue;
    }
    float factor = -128.0f / most, scale = store_half(dst + 208, 1 / factor);
    for (int part = 0; part < 16; part++) {
      int8_t step = (int8_t)(uint8_t)smaller(127, nearest(factor * choice.scale[part]));
      dst[192 + part] = (uint8_t)step;
      symmetric_codes(src + 16 * part, 32, scale * (float)step, choice.codes + 16 * part,
                      restored + 16 * part);
    }
    for (int half = 0; half < 2; half++) {
      const uint8_t *codes = (const uint8_t *)choice.codes + 128 * half;
      uint8_t *low = dst + 64 * half, *high = dst + 128 + 32 * half;
      for (int i = 0; i < 32; i++) {
        uint8_t a = codes[i], c = codes[i + 32], e = codes[i + 64], g = codes[i + 96];
        low[i] = (uint8_t)((a & 15) | (e & 15) << 4);
        low[i + 32] = (uint8_t)((c & 15) | (g & 15) << 4);
        high[i] = (uint8_t)(a >> 4 | c >> 4 << 2 | e >> 4 << 4 | g >> 4 << 6);
      }
    }
    dst += Q6_K_BYTES;
  }
}
