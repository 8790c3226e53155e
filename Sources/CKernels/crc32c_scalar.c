// SPDX-License-Identifier: Apache-2.0
//
// CRC-32C, eight bytes a step. The tables are linear: an entry is the exclusive or of the entries
// of its bits, and the entry of bit k of table s is x^(32 + 8s + 7 - k) modulo the polynomial.

#include "kernels_internal.h"

// Row s holds x^(32 + 8s) ... x^(39 + 8s).
#define ROW0(n) ENTRY(n, 0x82F63B78, 0x417B1DBC, 0x20BD8EDE, 0x105EC76F, \
                      0x8AD958CF, 0xC79A971F, 0xE13B70F7, 0xF26B8303)
#define ROW1(n) ENTRY(n, 0xFBC3FAF9, 0xFF17C604, 0x7F8BE302, 0x3FC5F181, \
                      0x9D14C3B8, 0x4E8A61DC, 0x274530EE, 0x13A29877)
#define ROW2(n) ENTRY(n, 0x8B277743, 0xC76580D9, 0xE144FB14, 0x70A27D8A, \
                      0x38513EC5, 0x9EDEA41A, 0x4F6F520D, 0xA541927E)
#define ROW3(n) ENTRY(n, 0x52A0C93F, 0xABA65FE7, 0xD725148B, 0xE964B13D, \
                      0xF64463E6, 0x7B2231F3, 0xBF672381, 0xDD45AAB8)
#define ROW4(n) ENTRY(n, 0x6EA2D55C, 0x37516AAE, 0x1BA8B557, 0x8F2261D3, \
                      0xC5670B91, 0xE045BEB0, 0x7022DF58, 0x38116FAC)
#define ROW5(n) ENTRY(n, 0x1C08B7D6, 0x0E045BEB, 0x85F4168D, 0xC00C303E, \
                      0x6006181F, 0xB2F53777, 0xDB8CA0C3, 0xEF306B19)
#define ROW6(n) ENTRY(n, 0xF56E0EF4, 0x7AB7077A, 0x3D5B83BD, 0x9C5BFAA6, \
                      0x4E2DFD53, 0xA5E0C5D1, 0xD0065990, 0x68032CC8)
#define ROW7(n) ENTRY(n, 0x34019664, 0x1A00CB32, 0x0D006599, 0x847609B4, \
                      0x423B04DA, 0x211D826D, 0x9278FA4E, 0x493C7D27)

#define ENTRY(n, x0, x1, x2, x3, x4, x5, x6, x7)                                                   \
  (((n) & 128 ? x0 : 0u) ^ ((n) & 64 ? x1 : 0u) ^ ((n) & 32 ? x2 : 0u) ^ ((n) & 16 ? x3 : 0u) ^    \
   ((n) & 8 ? x4 : 0u) ^ ((n) & 4 ? x5 : 0u) ^ ((n) & 2 ? x6 : 0u) ^ ((n) & 1 ? x7 : 0u))
#define FOUR(row, n) row(n), row((n) + 1), row((n) + 2), row((n) + 3)
#define SIXTEEN(row, n) FOUR(row, n), FOUR(row, (n) + 4), FOUR(row, (n) + 8), FOUR(row, (n) + 12)
#define SIXTY_FOUR(row, n)                                                                         \
  SIXTEEN(row, n), SIXTEEN(row, (n) + 16), SIXTEEN(row, (n) + 32), SIXTEEN(row, (n) + 48)
#define TABLE(row)                                                                                 \
  {SIXTY_FOUR(row, 0), SIXTY_FOUR(row, 64), SIXTY_FOUR(row, 128), SIXTY_FOUR(row, 192)}

static const uint32_t tables[8][256] = {
    TABLE(ROW0), TABLE(ROW1), TABLE(ROW2), TABLE(ROW3),
    TABLE(ROW4), TABLE(ROW5), TABLE(ROW6), TABLE(ROW7),
};

uint32_t halftone_crc32c_scalar(uint32_t crc, const void *bytes, size_t count) {
  const uint8_t *p = bytes;
  crc = ~crc;
  for (; count >= 8; count -= 8, p += 8) {
    crc ^= (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    crc = tables[7][crc & 255] ^ tables[6][crc >> 8 & 255] ^ tables[5][crc >> 16 & 255] ^
          tables[4][crc >> 24] ^ tables[3][p[4]] ^ tables[2][p[5]] ^ tables[1][p[6]] ^
          tables[0][p[7]];
  }
  for (; count > 0; count--, p++) crc = tables[0][(crc ^ *p) & 255] ^ crc >> 8;
  return ~crc;
}

uint32_t halftone_crc32c_multiply(uint32_t a, uint32_t b) {
  uint32_t product = 0;
  for (int bit = 31; bit >= 0; bit--) {
    product ^= b & (0u - (a >> bit & 1));
    b = b >> 1 ^ (HALFTONE_CRC32C_POLYNOMIAL & (0u - (b & 1)));
  }
  return product;
}

uint32_t halftone_crc32c_shift(uint64_t count) {
  uint32_t power = 0x80000000u;    // x^0
  uint32_t square = 0x00800000u;   // x^8
  for (; count > 0; count >>= 1) {
    if (count & 1) power = halftone_crc32c_multiply(power, square);
    square = halftone_crc32c_multiply(square, square);
  }
  return power;
}

uint32_t halftone_crc32c_combine(uint32_t first, uint32_t second, uint64_t second_count) {
  return halftone_crc32c_multiply(halftone_crc32c_shift(second_count), first) ^ second;
}
