// SPDX-License-Identifier: Apache-2.0
//
// Products in exact arithmetic. Four-bit codes are taken 64 at a time: the high nibbles of 32 bytes
// are the weights of even place, the low nibbles those of odd place. Widening inside the two lanes
// then gives eight vectors, in whose order `arrange` puts the activations once, for all rows. Bytes
// are widened so 32 at a time; of bf16 those of even place are shifted and those of odd place masked.

#include "product_tiles.h"

#if defined(__x86_64__)
#include "kernels_x86.h"

#define INLINE static inline __attribute__((always_inline))

HALFTONE_BEGIN_AVX2

/// Whether blocks lie as the vectors want them; others are left to the portable code.
static int has_whole_vectors(const halftone_coded_rows *weights) {
  if (halftone_is_four_bit(weights->kind)) {
    return weights->block % 64 == 0 || weights->block == 32;
  }
  return weights->block % 8 == 0 || weights->block == weights->columns;
}

/// Whether bytes are widened 32 at a time.
static int has_whole_bytes(const halftone_coded_rows *weights) {
  return weights->kind == HALFTONE_CODES_INT8 &&
         (weights->block % 32 == 0 || halftone_has_half_groups(weights));
}

/// Of 32 numbers, the place of that which a widened vector of bytes holds at `place`.
static size_t byte_place(size_t place) {
  const size_t vector = place / 8, lane = place / 4 % 2, byte = place % 4;
  return 16 * lane + 4 * vector + byte;
}

void halftone_arrange_avx2(const halftone_coded_rows *weights, const float *x, float *arranged) {
  halftone_arrange_scalar(weights, x, arranged);
  const int is_four_bit = halftone_is_four_bit(weights->kind);
  if (is_four_bit ? !has_whole_vectors(weights)
                  : !has_whole_bytes(weights) && weights->kind != HALFTONE_CODES_BF16) {
    return;
  }
  const size_t count = halftone_arranged_count(weights->columns);
  for (size_t start = 0; start < count; start += 64) {
    float group[64];
    float *out = arranged + start;
    memcpy(group, out, sizeof group);
    for (size_t place = 0; place < 64; place++) {
      const size_t half = place / 32;
      size_t from;
      if (is_four_bit) {
        from = 2 * byte_place(place % 32) + half;
      } else if (weights->kind == HALFTONE_CODES_BF16) {
        from = place / 16 * 16 + 2 * (place % 8) + place / 8 % 2;
      } else {
        from = 32 * half + byte_place(place % 32);
      }
      out[place] = group[from];
    }
  }
}

/// The codes of 64 weights, or of the last 32 of a row and zeros.
INLINE __m256i load_codes(const uint8_t *codes, size_t weights) {
  if (weights >= 64) return _mm256_loadu_si256((const __m256i *)codes);
  return _mm256_zextsi128_si256(_mm_loadu_si128((const __m128i *)codes));
}

INLINE __m256i nibbles(__m256i codes, int odd) {
  const __m256i mask = _mm256_set1_epi8(15);
  return _mm256_and_si256(odd ? codes : _mm256_srli_epi16(codes, 4), mask);
}

INLINE float sum_of(__m256 v) {
  __m128 half = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  half = _mm_add_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
}

/// A table of 16 floats by byte of the float: plane[k] holds byte k of each.
typedef struct table_planes {
  __m256i plane[4];
} table_planes;

INLINE table_planes make_planes(const float *table) {
  uint8_t bytes[4][16];
  for (int code = 0; code < 16; code++) {
    for (int k = 0; k < 4; k++) bytes[k][code] = (uint8_t)(halftone_bits(table[code]) >> 8 * k);
  }
  table_planes planes;
  for (int k = 0; k < 4; k++) {
    planes.plane[k] = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)bytes[k]));
  }
  return planes;
}

/// The four vectors of numbers behind 32 codes.
INLINE void look_up(const table_planes *planes, __m256i code, __m256 numbers[4]) {
  const __m256i b0 = _mm256_shuffle_epi8(planes->plane[0], code);
  const __m256i b1 = _mm256_shuffle_epi8(planes->plane[1], code);
  const __m256i b2 = _mm256_shuffle_epi8(planes->plane[2], code);
  const __m256i b3 = _mm256_shuffle_epi8(planes->plane[3], code);
  const __m256i low01 = _mm256_unpacklo_epi8(b0, b1), high01 = _mm256_unpackhi_epi8(b0, b1);
  const __m256i low23 = _mm256_unpacklo_epi8(b2, b3), high23 = _mm256_unpackhi_epi8(b2, b3);
  numbers[0] = _mm256_castsi256_ps(_mm256_unpacklo_epi16(low01, low23));
  numbers[1] = _mm256_castsi256_ps(_mm256_unpackhi_epi16(low01, low23));
  numbers[2] = _mm256_castsi256_ps(_mm256_unpacklo_epi16(high01, high23));
  numbers[3] = _mm256_castsi256_ps(_mm256_unpackhi_epi16(high01, high23));
}

/// Four vectors of 2^24 times 32 signed bytes, each of which becomes the upper byte of an integer.
INLINE void widen_bytes(__m256i bytes, __m256 numbers[4]) {
#define FOUR(i) -1, -1, -1, (char)(i), -1, -1, -1, (char)(i + 1), -1, -1, -1, (char)(i + 2), -1, -1, -1, (char)(i + 3)
  const __m256i places[4] = {
      _mm256_setr_epi8(FOUR(0), FOUR(0)), _mm256_setr_epi8(FOUR(4), FOUR(4)),
      _mm256_setr_epi8(FOUR(8), FOUR(8)), _mm256_setr_epi8(FOUR(12), FOUR(12))};
#undef FOUR
  for (int i = 0; i < 4; i++) {
    numbers[i] = _mm256_cvtepi32_ps(_mm256_shuffle_epi8(bytes, places[i]));
  }
}

/// What undoes the factor of widen_bytes.
#define BYTE_UNIT 0x1p-24f

/// `low` in the lane of the first 32 weights, `high` in that of the others.
INLINE __m256 two(float low, float high) {
  return _mm256_insertf128_ps(_mm256_set1_ps(low), _mm_set1_ps(high), 1);
}

/// Four vectors of numbers times as many of activations, in chains of two, for a processor keeps few
/// instructions waiting.
INLINE __m256 four_products(const __m256 numbers[4], const float *x) {
  __m256 a = _mm256_mul_ps(numbers[0], _mm256_loadu_ps(x));
  __m256 b = _mm256_mul_ps(numbers[1], _mm256_loadu_ps(x + 8));
  a = _mm256_fmadd_ps(numbers[2], _mm256_loadu_ps(x + 16), a);
  b = _mm256_fmadd_ps(numbers[3], _mm256_loadu_ps(x + 24), b);
  return _mm256_add_ps(a, b);
}

/// One row of four-bit codes times `states` (a constant) rows of activations. `block` is the weights'
/// own, a constant where it is the usual one.
INLINE void multiply_four_bit(const halftone_coded_rows *weights, const size_t block,
                              const table_planes *planes, size_t row, const float *arranged,
                              const int states, float *sums) {
  const size_t columns = weights->columns, count = halftone_arranged_count(columns);
  const size_t blocks = columns / block;
  const size_t groups_per_block = block / 64;
  const uint8_t *codes = halftone_row_codes(weights, row);
  const float *scales = weights->scales + row * blocks;
  const uint8_t *zeros = planes ? NULL : weights->zeros + row * blocks;
  __m256 totals[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(),
                      _mm256_setzero_ps()};
  size_t b = 0, groups = 0;
  for (size_t k = 0; k < columns; k += 64) {
    __m256 scale;
    __m256i zero = _mm256_setzero_si256();
    if (block >= 64) {
      scale = _mm256_set1_ps(scales[b]);
      if (!planes) zero = _mm256_set1_epi8((char)zeros[b]);
      groups++;
      if (groups == groups_per_block) b++, groups = 0;
    } else {
      const size_t second = columns - k >= 64 ? b + 1 : b;
      scale = two(scales[b], scales[second]);
      if (!planes) {
        zero = _mm256_set_m128i(_mm_set1_epi8((char)zeros[second]), _mm_set1_epi8((char)zeros[b]));
      }
      b += 2;
    }
    const __m256i bytes = load_codes(codes + k / 2, columns - k);
    halftone_ask_ahead(codes + k / 2);
    // One half after the other: eight vectors at once leave no registers for the constants.
    __m256 first[4], second[4];
    for (int odd = 0; odd < 2; odd++) {
      __m256 numbers[4];
      if (planes) {
        look_up(planes, nibbles(bytes, odd), numbers);
      } else {
        widen_bytes(_mm256_sub_epi8(nibbles(bytes, odd), zero), numbers);
      }
      for (int s = 0; s < states; s++) {
        const float *x = arranged + (size_t)s * count + k + 32 * odd;
        first[s] = odd ? _mm256_fmadd_ps(numbers[0], _mm256_loadu_ps(x), first[s])
                       : _mm256_mul_ps(numbers[0], _mm256_loadu_ps(x));
        second[s] = odd ? _mm256_fmadd_ps(numbers[1], _mm256_loadu_ps(x + 8), second[s])
                        : _mm256_mul_ps(numbers[1], _mm256_loadu_ps(x + 8));
        first[s] = _mm256_fmadd_ps(numbers[2], _mm256_loadu_ps(x + 16), first[s]);
        second[s] = _mm256_fmadd_ps(numbers[3], _mm256_loadu_ps(x + 24), second[s]);
      }
    }
    for (int s = 0; s < states; s++) {
      totals[s] = _mm256_fmadd_ps(_mm256_add_ps(first[s], second[s]), scale, totals[s]);
    }
  }
  for (int s = 0; s < states; s++) sums[s] = sum_of(totals[s]);
}

/// Eight bytes or halves.
INLINE __m256 widen(const halftone_code_kind kind, const uint8_t *codes) {
  if (kind == HALFTONE_CODES_INT8) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)codes)));
  }
  return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)codes));
}

/// One row of bytes or halves times `states` (a constant) rows of activations.
INLINE void multiply_wide(const halftone_coded_rows *weights, const halftone_code_kind kind,
                          size_t row, const float *arranged, const int states, float *sums) {
  const size_t columns = weights->columns, count = halftone_arranged_count(columns);
  const size_t width = kind == HALFTONE_CODES_INT8 ? 1 : 2;
  const size_t block = kind == HALFTONE_CODES_INT8 ? weights->block : columns;
  const uint8_t *codes = halftone_row_codes(weights, row);
  const float *scales =
      kind == HALFTONE_CODES_INT8 ? weights->scales + row * (columns / block) : NULL;
  __m256 totals[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(),
                      _mm256_setzero_ps()};
  for (size_t start = 0, b = 0; start < columns; start += block, b++) {
    const size_t end = start + block;
    __m256 partial[4];
    for (int s = 0; s < states; s++) partial[s] = _mm256_setzero_ps();
    size_t k = start;
    for (; k + 32 <= end; k += 32) {
      halftone_ask_ahead(codes + k * width);
      __m256 numbers[4];
      for (size_t i = 0; i < 4; i++) numbers[i] = widen(kind, codes + (k + 8 * i) * width);
      for (int s = 0; s < states; s++) {
        const float *x = arranged + (size_t)s * count + k;
        partial[s] = _mm256_add_ps(partial[s], four_products(numbers, x));
      }
    }
    for (; k < end; k += 8) {
      uint8_t last[16] = {0};
      memcpy(last, codes + k * width, halftone_smaller(8, end - k) * width);
      const __m256 number = widen(kind, last);
      for (int s = 0; s < states; s++) {
        const float *x = arranged + (size_t)s * count + k;
        partial[s] = _mm256_fmadd_ps(number, _mm256_loadu_ps(x), partial[s]);
      }
    }
    for (int s = 0; s < states; s++) {
      totals[s] =
          scales ? _mm256_fmadd_ps(partial[s], _mm256_set1_ps(scales[b]), totals[s]) : partial[s];
    }
  }
  for (int s = 0; s < states; s++) sums[s] = sum_of(totals[s]);
}

/// One row of bytes in blocks of half a vector, as the lanes of a widened one are, times `states` (a
/// constant) rows of activations.
INLINE void multiply_halves(const halftone_coded_rows *weights, size_t row, const float *arranged,
                            const int states, float *sums) {
  const size_t columns = weights->columns, count = halftone_arranged_count(columns);
  const uint8_t *codes = halftone_row_codes(weights, row);
  const float *scales = weights->scales + row * halftone_blocks_per_row(weights);
  __m256 totals[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(),
                      _mm256_setzero_ps()};
  for (size_t k = 0; k < columns; k += 32, scales += 2) {
    const __m256 scale = two(scales[0], scales[1]);
    __m256 numbers[4];
    widen_bytes(_mm256_loadu_si256((const __m256i *)(codes + k)), numbers);
    for (int s = 0; s < states; s++) {
      const __m256 sum = four_products(numbers, arranged + (size_t)s * count + k);
      totals[s] = _mm256_fmadd_ps(sum, scale, totals[s]);
    }
  }
  for (int s = 0; s < states; s++) sums[s] = sum_of(totals[s]);
}

/// One row of bytes in blocks of whole vectors times `states` (a constant) rows of activations.
INLINE void multiply_bytes(const halftone_coded_rows *weights, size_t row, const float *arranged,
                           const int states, float *sums) {
  const size_t columns = weights->columns, count = halftone_arranged_count(columns);
  const uint8_t *codes = halftone_row_codes(weights, row);
  const float *scales = weights->scales + row * (columns / weights->block);
  __m256 totals[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(),
                      _mm256_setzero_ps()};
  for (size_t k = 0, end = 0; k < columns; scales++) {
    const __m256 scale = _mm256_set1_ps(*scales);
    for (end += weights->block; k < end; k += 32) {
      halftone_ask_ahead(codes + k);
      __m256 numbers[4];
      widen_bytes(_mm256_loadu_si256((const __m256i *)(codes + k)), numbers);
      for (int s = 0; s < states; s++) {
        const __m256 sum = four_products(numbers, arranged + (size_t)s * count + k);
        totals[s] = _mm256_fmadd_ps(sum, scale, totals[s]);
      }
    }
  }
  for (int s = 0; s < states; s++) sums[s] = sum_of(totals[s]);
}

/// Adds the products of 32 weights in bf16.
INLINE void add_bf16(const uint8_t *codes, const float *x, size_t count, const int states,
                     __m256 totals[4]) {
  const __m256i upper = _mm256_set1_epi32((int)0xFFFF0000);
  __m256 numbers[4];
  for (int i = 0; i < 2; i++) {
    const __m256i halves = _mm256_loadu_si256((const __m256i *)(codes + 32 * i));
    numbers[2 * i] = _mm256_castsi256_ps(_mm256_slli_epi32(halves, 16));
    numbers[2 * i + 1] = _mm256_castsi256_ps(_mm256_and_si256(halves, upper));
  }
  for (int s = 0; s < states; s++) {
    totals[s] = _mm256_add_ps(totals[s], four_products(numbers, x + (size_t)s * count));
  }
}

/// One row of bf16 times `states` (a constant) rows of activations.
INLINE void multiply_bf16(const halftone_coded_rows *weights, size_t row, const float *arranged,
                          const int states, float *sums) {
  const size_t columns = weights->columns, count = halftone_arranged_count(columns);
  const uint8_t *codes = halftone_row_codes(weights, row);
  __m256 totals[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(),
                      _mm256_setzero_ps()};
  size_t k = 0;
  for (; k + 32 <= columns; k += 32) {
    halftone_ask_ahead(codes + 2 * k);
    add_bf16(codes + 2 * k, arranged + k, count, states, totals);
  }
  if (k < columns) {
    uint8_t last[64] = {0};
    memcpy(last, codes + 2 * k, 2 * (columns - k));
    add_bf16(last, arranged + k, count, states, totals);
  }
  for (int s = 0; s < states; s++) sums[s] = sum_of(totals[s]);
}

/// The rows of one kind times `states` (a constant) rows of activations.
INLINE void multiply_rows(const halftone_coded_rows *weights, const halftone_code_kind kind,
                          const table_planes *planes, size_t first, size_t rows,
                          const float *arranged, const int states, float *out, size_t stride,
                          int adding) {
  const int is_widened = kind == HALFTONE_CODES_UINT4 || has_whole_bytes(weights);
  const float factor = is_widened ? BYTE_UNIT * weights->factor : weights->factor;
  for (size_t row = 0; row < rows; row++) {
    float sums[4];
    if (halftone_is_four_bit(kind) && weights->block == 64) {
      multiply_four_bit(weights, 64, planes, first + row, arranged, states, sums);
    } else if (halftone_is_four_bit(kind)) {
      multiply_four_bit(weights, weights->block, planes, first + row, arranged, states, sums);
    } else if (kind == HALFTONE_CODES_BF16) {
      multiply_bf16(weights, first + row, arranged, states, sums);
    } else if (kind == HALFTONE_CODES_INT8 && halftone_has_half_groups(weights)) {
      multiply_halves(weights, first + row, arranged, states, sums);
    } else if (kind == HALFTONE_CODES_INT8 && has_whole_bytes(weights)) {
      multiply_bytes(weights, first + row, arranged, states, sums);
    } else {
      multiply_wide(weights, kind, first + row, arranged, states, sums);
    }
    for (int s = 0; s < states; s++) {
      float *place = out + (size_t)s * stride + row;
      const float sum = factor * sums[s];
      *place = adding ? *place + sum : sum;
    }
  }
}

/// Four states at a time, then those that are left, for some rows that stay in the cache meanwhile. A
/// state's sums do not depend on which others are computed with it.
INLINE void multiply_kind(const halftone_coded_rows *weights, const halftone_code_kind kind,
                          size_t first, size_t rows, const float *arranged, size_t states,
                          float *out, size_t stride, int adding) {
  const size_t count = halftone_arranged_count(weights->columns);
  const int has_table = kind == HALFTONE_CODES_LOOKUP4;
  table_planes table;
  if (has_table) table = make_planes(weights->table);
  const table_planes *planes = has_table ? &table : NULL;
#define TILE(n)                                                                                    \
  multiply_rows(weights, kind, planes, first + start, length, arranged + s * count, n,             \
                out + s * stride + start, stride, adding)
  HALFTONE_PRODUCT_TILES(rows, states, TILE)
#undef TILE
}

void halftone_multiply_exact_avx2(const halftone_coded_rows *weights, size_t first, size_t rows,
                            const float *arranged, size_t states, float *out, size_t stride,
                            int adding) {
#define KIND(kind)                                                                                 \
  case kind:                                                                                       \
    multiply_kind(weights, kind, first, rows, arranged, states, out, stride, adding);              \
    break;
  if (!has_whole_vectors(weights)) {
    halftone_multiply_exact_scalar(weights, first, rows, arranged, states, out, stride, adding);
    return;
  }
  switch (weights->kind) {
    KIND(HALFTONE_CODES_LOOKUP4)
    KIND(HALFTONE_CODES_UINT4)
    KIND(HALFTONE_CODES_INT8)
    KIND(HALFTONE_CODES_BF16)
    KIND(HALFTONE_CODES_F16)
  }
#undef KIND
}

HALFTONE_END
#endif
