// SPDX-License-Identifier: Apache-2.0
//
// IQ4_NL and IQ4_XS: codes into a codebook of unequal steps. Included by a variant after
// ENCODER(type), search_iq4 and iq4_codes.

void ENCODER(iq4_nl)(const float *src, size_t blocks, uint8_t *dst, float *restored) {
  // Eight blocks are searched together, for a vector has as many lanes.
  for (size_t b = 0; b < blocks; b += 8) {
    int count = blocks - b < 8 ? (int)(blocks - b) : 8;
    float scales[8];
    search_iq4(src, count, scales);
    for (int k = 0; k < count; k++, src += 32, restored += 32, dst += IQ4_NL_BYTES) {
      float stored = store_half(dst, scales[k]);
      iq4_codes(src, scales[k] != 0 ? 1 / scales[k] : 0, stored, dst + 2, restored);
    }
  }
}

void ENCODER(iq4_xs)(const float *src, size_t blocks, uint8_t *dst, float *restored) {
  for (size_t b = 0; b < blocks; b++, dst += IQ4_XS_BYTES) {
    float scales[8], largest = 0, most = 0;
    search_iq4(src, 8, scales);
    for (int part = 0; part < 8; part++) {
      if (fabsf(scales[part]) > largest) {
        largest = fabsf(scales[part]);
        most = scales[part];
      }
    }
    float scale = -most / 32, factor = scale != 0 ? 1 / scale : 0;
    float stored = store_half(dst, scale);
    unsigned high = 0;
    memset(dst + 4, 0, 4);
    for (int part = 0; part < 8; part++, src += 32, restored += 32) {
      int step = limited(nearest(factor * scales[part]), -32, 31), code = step + 32;
      // The codes follow the exact scale of the block, not the stored one.
      float exact = scale * (float)step;
      dst[4 + part / 2] |= (uint8_t)((code & 15) << 4 * (part % 2));
      high |= (unsigned)(code >> 4) << 2 * part;
      iq4_codes(src, exact != 0 ? 1 / exact : 0, stored * (float)step, dst + 8 + 16 * part,
                restored);
    }
    dst[2] = (uint8_t)(high & 255);
    dst[3] = (uint8_t)(high >> 8);
  }
}
