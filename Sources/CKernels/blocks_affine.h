// SPDX-License-Identifier: Apache-2.0
//
// Q2_K, Q4_K and Q5_K: parts with a scale and a minimum, both quantized by the block. Included by a
// variant after ENCODER(type) and search_affine.

/// The codes of one part by its stored scale and minimum; those of the search where the scale is lost.
BLOCKS_INLINE void affine_codes(const float *x, int length, int largest, float scale, float minimum,
                                const affine_choice *choice, int part, uint8_t *codes,
                                float *restored) {
  if (scale != 0) {
    for (int i = 0; i < length; i++) {
      codes[i] = (uint8_t)limited(nearest((x[i] + minimum) / scale), 0, largest);
    }
  } else {
    float factor = choice->factor[part], lowest = choice->lowest[part];
    for (int i = 0; i < length; i++) {
      codes[i] = (uint8_t)limited(nearest(factor * (x[i] - lowest)), 0, largest);
    }
  }
  for (int i = 0; i < length; i++) restored[i] = scale * (float)codes[i] - minimum;
}

/// The largest of the numbers, at least 0.
BLOCKS_INLINE float largest_of(const float *values, int count) {
  float largest = 0;
  for (int i = 0; i < count; i++) largest = values[i] > largest ? values[i] : largest;
  return largest;
}

/// Packs 256 codes of two bits: 128 to 32 bytes, the first quarter in the lowest bits.
BLOCKS_INLINE void pack_pairs(const uint8_t *codes, uint8_t *dst) {
  for (int half = 0; half < 2; half++, codes += 128, dst += 32) {
    for (int i = 0; i < 32; i++) {
      dst[i] = (uint8_t)(codes[i] | codes[i + 32] << 2 | codes[i + 64] << 4 | codes[i + 96] << 6);
    }
  }
}

void ENCODER(q2_k)(const float *src, size_t blocks, uint8_t *dst, float *restored) {
  static const affine_search search = {16, 16, 3, -0.5f, 0.1f, 15, 1};
  for (size_t b = 0; b < blocks; b++, src += LARGE_BLOCK, restored += LARGE_BLOCK) {
    affine_choice choice;
    search_affine(src, &search, &choice);
    float most = largest_of(choice.scale, 16), lowest = largest_of(choice.minimum, 16);
    float scale = store_half(dst + 80, most > 0 ? most / 15.0f : 0);
    float minimum = store_half(dst + 82, lowest > 0 ? lowest / 15.0f : 0);
    float scale_factor = 15.0f / most, minimum_factor = 15.0f / lowest;
    uint8_t codes[LARGE_BLOCK];
    for (int part = 0; part < 16; part++) {
      uint8_t step = most > 0 ? (uint8_t)nearest(scale_factor * choice.scale[part]) : 0;
      if (lowest > 0) step |= (uint8_t)(nearest(minimum_factor * choice.minimum[part]) << 4);
      dst[part] = step;
      affine_codes(src + 16 * part, 16, 3, scale * (float)(step & 15), minimum * (float)(step >> 4),
                   &choice, part, codes + 16 * part, restored + 16 * part);
    }
    pack_pairs(codes, dst + 16);
    dst += Q2_K_BYTES;
  }
}

/// Q4_K and Q5_K up to their codes: writes two halves and twelve bytes of 6-bit pairs. The first four
/// pairs lie in the low bits of eight bytes; the others have four bits of each in a byte and the rest in
/// the high bits of those eight.
BLOCKS_INLINE void encode_six_bit_parts(const float *x, const affine_search *search, uint8_t *dst,
                                        uint8_t *codes, float *restored) {
  affine_choice choice;
  search_affine(x, search, &choice);
  float most = largest_of(choice.scale, 8), lowest = largest_of(choice.minimum, 8);
  float scale_factor = most > 0 ? 63.0f / most : 0, minimum_factor = lowest > 0 ? 63.0f / lowest : 0;
  float scale = store_half(dst, most / 63.0f), minimum = store_half(dst + 2, lowest / 63.0f);
  uint8_t *packed = dst + 4;
  memset(packed, 0, 12);
  for (int part = 0; part < 8; part++) {
    uint8_t step = (uint8_t)smaller(63, (uint8_t)nearest(scale_factor * choice.scale[part]));
    uint8_t low = (uint8_t)smaller(63, (uint8_t)nearest(minimum_factor * choice.minimum[part]));
    if (part < 4) {
      packed[part] = step;
      packed[part + 4] = low;
    } else {
      packed[part + 4] = (uint8_t)((step & 15) | (low & 15) << 4);
      packed[part - 4] |= (uint8_t)(step >> 4 << 6);
      packed[part] |= (uint8_t)(low >> 4 << 6);
    }
    affine_codes(x + 32 * part, 32, search->largest, scale * (float)step, minimum * (float)low,
                 &choice, part, codes + 32 * part, restored + 32 * part);
  }
}

/// Packs the low four bits of 256 codes: 64 to 32 bytes, the first 32 in the low halves.
BLOCKS_INLINE void pack_long_nibbles(const uint8_t *codes, uint8_t *dst) {
  for (int run = 0; run < 4; run++, codes += 64, dst += 32) {
    for (int i = 0; i < 32; i++) dst[i] = (uint8_t)((codes[i] & 15) | codes[i + 32] << 4);
  }
}

void ENCODER(q4_k)(const float *src, size_t blocks, uint8_t *dst, float *restored) {
  static const affine_search search = {8, 32, 15, -1.0f, 0.1f, 20, 0};
  for (size_t b = 0; b < blocks; b++, src += LARGE_BLOCK, restored += LARGE_BLOCK) {
    uint8_t codes[LARGE_BLOCK];
    encode_six_bit_parts(src, &search, dst, codes, restored);
    pack_long_nibbles(codes, dst + 16);
    dst += Q4_K_BYTES;
  }
}

void ENCODER(q5_k)(const float *src, size_t blocks, uint8_t *dst, float *restored) {
  static const affine_search search = {8, 32, 31, -0.5f, 0.1f, 15, 0};
  for (size_t b = 0; b < blocks; b++, src += LARGE_BLOCK, restored += LARGE_BLOCK) {
    uint8_t codes[LARGE_BLOCK];
    encode_six_bit_parts(src, &search, dst, codes, restored);
    for (int i = 0; i < 32; i++) {
      unsigned bits = 0;
      for (int part = 0; part < 8; part++) bits |= (unsigned)(codes[32 * part + i] >> 4) << part;
      dst[16 + i] = (uint8_t)bits;
    }
    pack_long_nibbles(codes, dst + 48);
    dst += Q5_K_BYTES;
  }
}
