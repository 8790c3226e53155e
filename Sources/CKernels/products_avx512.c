// SPDX-License-Identifier: Apache-2.0
//
// Products in exact arithmetic. A vector of 16 floats is a whole table of four-bit codes, and the
// permutation that looks 16 codes up in it heeds no more than four bits of each. So 32 bytes, taken as
// eight integers twice over and shifted by 0 and 4, then by 8 more each time, are the codes of 64
// weights without being unpacked. The table of a block holds its scale, and of UINT4 its zero, too.
// `arrange` puts the activations in the order in which these vectors come.

#include "product_tiles.h"

#if defined(__x86_64__)
#include "kernels_x86.h"

#define INLINE static inline __attribute__((always_inline))

/// Vectors to 64 four-bit codes, each with a sum of its own: an addition waits for none of the others.
#define VECTORS 4

HALFTONE_BEGIN_AVX512

/// Whether blocks lie as the vectors want them; others are left to the narrower code.
static int has_whole_vectors(const halftone_coded_rows *weights) {
  if (halftone_is_four_bit(weights->kind)) {
    return weights->block % 64 == 0 || weights->block == 32;
  }
  return weights->kind != HALFTONE_CODES_INT8 || weights->block % 32 == 0 ||
         weights->block == weights->columns || halftone_has_half_groups(weights);
}

void halftone_arrange_avx512(const halftone_coded_rows *weights, const float *x, float *arranged) {
  halftone_arrange_scalar(weights, x, arranged);
  const int is_four_bit = halftone_is_four_bit(weights->kind);
  if (is_four_bit ? !has_whole_vectors(weights) : weights->kind != HALFTONE_CODES_BF16) return;
  const size_t count = halftone_arranged_count(weights->columns);
  for (size_t start = 0; start < count; start += 64) {
    float group[64];
    float *out = arranged + start;
    memcpy(group, out, sizeof group);
    for (size_t place = 0; place < 64; place++) {
      const size_t half = place / 8 % 2;
      // Of a byte the second weight is in the lower bits, which the unshifted half of a vector takes.
      const size_t from = is_four_bit ? 8 * (place % 8) + 2 * (place / 16) + (1 - half)
                                      : place / 32 * 32 + 2 * (place % 16) + place / 16 % 2;
      out[place] = group[from];
    }
  }
}

/// The codes of 64 weights, or of the last 32 of a row and zeros, so that the lowest four bits of each
/// 32 are those of the first vector's weights.
INLINE __m512i load_codes(const uint8_t *codes, size_t weights) {
  static const int32_t shifts[16] = {0, 0, 0, 0, 0, 0, 0, 0, 4, 4, 4, 4, 4, 4, 4, 4};
  const __m256i bytes = weights >= 64
                            ? _mm256_loadu_si256((const __m256i *)codes)
                            : _mm256_zextsi128_si256(_mm_loadu_si128((const __m128i *)codes));
  return _mm512_srlv_epi32(_mm512_broadcast_i64x4(bytes), _mm512_loadu_si512(shifts));
}

/// The 16 weights of one block: its scale times `values`, the table of LOOKUP4 or the codes of UINT4.
INLINE __m512 block_table(__m512 values, const uint8_t *zeros, const float *scales, size_t b) {
  if (zeros) values = _mm512_sub_ps(values, _mm512_set1_ps((float)zeros[b]));
  return _mm512_mul_ps(values, _mm512_set1_ps(scales[b]));
}

/// One row of four-bit codes times `states` (a constant) rows of activations. `is_short`, a constant,
/// says that blocks have 32 weights: then a vector's codes lie in two of them, and a fifth bit, which
/// the lanes bring, says which.
INLINE void multiply_four_bit(const halftone_coded_rows *weights, const int is_short, __m512 values,
                              size_t row, const float *arranged, const int states, float *sums) {
  static const int32_t lanes[16] = {0, 0, 0, 0, 16, 16, 16, 16, 0, 0, 0, 0, 16, 16, 16, 16};
  const size_t columns = weights->columns, count = halftone_arranged_count(columns);
  const size_t blocks = halftone_blocks_per_row(weights);
  const size_t span = is_short ? 64 : weights->block;
  const uint8_t *codes = halftone_row_codes(weights, row);
  const float *scales = weights->scales + row * blocks;
  const int has_zeros = weights->kind == HALFTONE_CODES_UINT4;
  const uint8_t *zeros = has_zeros ? weights->zeros + row * blocks : NULL;
  const __m512i mask = _mm512_set1_epi32(15), which = _mm512_loadu_si512(lanes);
  __m512 totals[4][VECTORS];
  for (int s = 0; s < states; s++) {
    for (int i = 0; i < VECTORS; i++) totals[s][i] = _mm512_setzero_ps();
  }
  for (size_t start = 0, b = 0; start < columns; start += span) {
    const __m512 table = block_table(values, zeros, scales, b++);
    __m512 second = table;
    if (is_short && start + 32 < columns) second = block_table(values, zeros, scales, b++);
    for (size_t k = start; k < start + span; k += 64) {
      __m512i code = load_codes(codes + k / 2, is_short ? columns - k : 64);
      halftone_ask_ahead(codes + k / 2);
      for (size_t i = 0; i < VECTORS; i++) {
        __m512 numbers;
        if (is_short) {
          // (code & mask) | which
          const __m512i index = _mm512_ternarylogic_epi32(code, mask, which, 0xEA);
          numbers = _mm512_permutex2var_ps(table, index, second);
        } else {
          numbers = _mm512_permutexvar_ps(code, table);
        }
        code = _mm512_srli_epi32(code, 8);
        for (int s = 0; s < states; s++) {
          const __m512 x = _mm512_loadu_ps(arranged + (size_t)s * count + k + 16 * i);
          totals[s][i] = _mm512_fmadd_ps(numbers, x, totals[s][i]);
        }
      }
    }
  }
  for (int s = 0; s < states; s++) {
    sums[s] = _mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(totals[s][0], totals[s][1]),
                                                 _mm512_add_ps(totals[s][2], totals[s][3])));
  }
}

/// 32 bytes or halves. Of bf16 those of even place come first: a shift and a mask widen them.
INLINE void widen(const halftone_code_kind kind, const uint8_t *codes, __m512 numbers[2]) {
  if (kind == HALFTONE_CODES_BF16) {
    const __m512i halves = _mm512_loadu_si512(codes);
    numbers[0] = _mm512_castsi512_ps(_mm512_slli_epi32(halves, 16));
    numbers[1] = _mm512_castsi512_ps(_mm512_and_si512(halves, _mm512_set1_epi32((int)0xFFFF0000)));
    return;
  }
  for (int i = 0; i < 2; i++) {
    if (kind == HALFTONE_CODES_INT8) {
      const __m128i bytes = _mm_loadu_si128((const __m128i *)(codes + 16 * i));
      numbers[i] = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes));
    } else {
      numbers[i] = _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(codes + 32 * i)));
    }
  }
}

/// One row of bytes or halves times `states` (a constant) rows of activations.
INLINE void multiply_wide(const halftone_coded_rows *weights, const halftone_code_kind kind,
                          size_t row, const float *arranged, const int states, float *sums) {
  const size_t columns = weights->columns, count = halftone_arranged_count(columns);
  const int has_scales = kind == HALFTONE_CODES_INT8;
  const size_t width = has_scales ? 1 : 2, block = has_scales ? weights->block : columns;
  const uint8_t *codes = halftone_row_codes(weights, row);
  const float *scales = has_scales ? weights->scales + row * (columns / block) : NULL;
  __m512 totals[4];
  for (int s = 0; s < states; s++) totals[s] = _mm512_setzero_ps();
  for (size_t start = 0, b = 0; start < columns; start += block, b++) {
    const __m512 scale = _mm512_set1_ps(has_scales ? scales[b] : 1);
    for (size_t k = start; k < start + block; k += 32) {
      __m512 numbers[2];
      halftone_ask_ahead(codes + k * width);
      if (start + block - k >= 32) {
        widen(kind, codes + k * width, numbers);
      } else {
        // The end of a row: the activations have zeros there, too.
        uint8_t last[64] = {0};
        memcpy(last, codes + k * width, (start + block - k) * width);
        widen(kind, last, numbers);
      }
      for (int s = 0; s < states; s++) {
        const float *x = arranged + (size_t)s * count + k;
        __m512 sum = _mm512_mul_ps(numbers[0], _mm512_loadu_ps(x));
        sum = _mm512_fmadd_ps(numbers[1], _mm512_loadu_ps(x + 16), sum);
        totals[s] = _mm512_fmadd_ps(sum, scale, totals[s]);
      }
    }
  }
  for (int s = 0; s < states; s++) sums[s] = _mm512_reduce_add_ps(totals[s]);
}

/// One row of bytes in blocks of one vector times `states` (a constant) rows of activations.
INLINE void multiply_halves(const halftone_coded_rows *weights, size_t row, const float *arranged,
                            const int states, float *sums) {
  const size_t columns = weights->columns, count = halftone_arranged_count(columns);
  const uint8_t *codes = halftone_row_codes(weights, row);
  const float *scales = weights->scales + row * halftone_blocks_per_row(weights);
  __m512 totals[4][2];
  for (int s = 0; s < states; s++) totals[s][0] = totals[s][1] = _mm512_setzero_ps();
  for (size_t k = 0; k < columns; k += 32, scales += 2) {
    __m512 numbers[2];
    widen(HALFTONE_CODES_INT8, codes + k, numbers);
    for (int i = 0; i < 2; i++) {
      const __m512 weight = _mm512_mul_ps(numbers[i], _mm512_set1_ps(scales[i]));
      for (int s = 0; s < states; s++) {
        const __m512 x = _mm512_loadu_ps(arranged + (size_t)s * count + k + 16 * (size_t)i);
        totals[s][i] = _mm512_fmadd_ps(weight, x, totals[s][i]);
      }
    }
  }
  for (int s = 0; s < states; s++) {
    sums[s] = _mm512_reduce_add_ps(_mm512_add_ps(totals[s][0], totals[s][1]));
  }
}

/// Some rows of one kind times `states` (a constant) rows of activations.
INLINE void multiply_rows(const halftone_coded_rows *weights, const halftone_code_kind kind,
                          const int is_short, __m512 values, size_t first, size_t rows,
                          const float *arranged, const int states, float *out, size_t stride,
                          int adding) {
  for (size_t row = 0; row < rows; row++) {
    float sums[4];
    if (halftone_is_four_bit(kind)) {
      multiply_four_bit(weights, is_short, values, first + row, arranged, states, sums);
    } else if (halftone_has_half_groups(weights)) {
      multiply_halves(weights, first + row, arranged, states, sums);
    } else {
      multiply_wide(weights, kind, first + row, arranged, states, sums);
    }
    for (int s = 0; s < states; s++) {
      float *place = out + (size_t)s * stride + row;
      const float sum = weights->factor * sums[s];
      *place = adding ? *place + sum : sum;
    }
  }
}

INLINE void multiply_kind(const halftone_coded_rows *weights, const halftone_code_kind kind,
                          const int is_short, size_t first, size_t rows, const float *arranged,
                          size_t states, float *out, size_t stride, int adding) {
  static const float whole[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  const size_t count = halftone_arranged_count(weights->columns);
  const __m512 values = _mm512_loadu_ps(kind == HALFTONE_CODES_LOOKUP4 ? weights->table : whole);
#define TILE(n)                                                                                    \
  multiply_rows(weights, kind, is_short, values, first + start, length, arranged + s * count, n,   \
                out + s * stride + start, stride, adding)
  HALFTONE_PRODUCT_TILES(rows, states, TILE)
#undef TILE
}

void halftone_multiply_exact_avx512(const halftone_coded_rows *weights, size_t first, size_t rows,
                                    const float *arranged, size_t states, float *out,
                                    size_t stride, int adding) {
#define MULTIPLY(kind, is_short)                                                                   \
  multiply_kind(weights, kind, is_short, first, rows, arranged, states, out, stride, adding)
  if (!has_whole_vectors(weights)) {
    // All such activations are in their natural order for AVX2, too.
    halftone_multiply_exact_avx2(weights, first, rows, arranged, states, out, stride, adding);
  } else if (weights->kind == HALFTONE_CODES_INT8) {
    MULTIPLY(HALFTONE_CODES_INT8, 0);
  } else if (weights->kind == HALFTONE_CODES_BF16) {
    MULTIPLY(HALFTONE_CODES_BF16, 0);
  } else if (weights->kind == HALFTONE_CODES_F16) {
    MULTIPLY(HALFTONE_CODES_F16, 0);
  } else if (weights->kind == HALFTONE_CODES_LOOKUP4) {
    if (weights->block == 32) MULTIPLY(HALFTONE_CODES_LOOKUP4, 1);
    else MULTIPLY(HALFTONE_CODES_LOOKUP4, 0);
  } else {
    if (weights->block == 32) MULTIPLY(HALFTONE_CODES_UINT4, 1);
    else MULTIPLY(HALFTONE_CODES_UINT4, 0);
  }
#undef MULTIPLY
}

HALFTONE_END
#endif
