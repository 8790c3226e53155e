// SPDX-License-Identifier: Apache-2.0
//
// Products in fast arithmetic, 64 weights at a time; included with and without VNNI, by a file that
// defines VARIANT(name) and four_products(a, b), the sums of four neighbouring products each of bytes
// without and bytes with a sign. Weights give their signs to the activations, as with AVX2, but by a
// mask: to offset them instead would cost a second product, or a sum of floats that nearly cancels.
//
// Activations come as quantize_state has them for AVX2, so the nibbles of 32 bytes fill one vector with
// those of even place, then those of odd place.

#include "product_tiles.h"
#include "kernels_x86.h"

#define INLINE static inline __attribute__((always_inline))

/// 64 weights without their signs, and which are negative.
typedef struct signed_weights {
  __m512i magnitudes;
  __mmask64 negative;
} signed_weights;

INLINE __m512i dot(signed_weights weights, const int8_t *x) {
  __m512i signed_x = _mm512_loadu_si512(x);
  signed_x = _mm512_mask_sub_epi8(signed_x, weights.negative, _mm512_setzero_si512(), signed_x);
  return four_products(weights.magnitudes, signed_x);
}

/// A table of signed bytes, the magnitudes of these, and what a unit of them stands for.
typedef struct byte_table {
  __m512i values, magnitudes;
  float unit;
} byte_table;

INLINE byte_table make_table(const halftone_coded_rows *weights) {
  int8_t values[16];
  const float largest = halftone_round_table(weights->table, values);
  const __m512i table = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)values));
  return (byte_table){table, _mm512_abs_epi8(table), weights->factor * (largest / 127)};
}

/// The codes of 64 weights, or of the last 32 of a row and zeros: those of even place in one half.
INLINE __m512i load_nibbles(const uint8_t *codes, size_t weights) {
  static const uint16_t shifts[32] = {4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4};
  const __m256i bytes = weights >= 64
                            ? _mm256_loadu_si256((const __m256i *)codes)
                            : _mm256_zextsi128_si256(_mm_loadu_si128((const __m128i *)codes));
  const __m512i shifted =
      _mm512_srlv_epi16(_mm512_broadcast_i64x4(bytes), _mm512_loadu_si512(shifts));
  return _mm512_and_si512(shifted, _mm512_set1_epi8(15));
}

/// One row of four-bit codes times `states` (a constant) rows of activations, without the zeros.
INLINE void multiply_four_bit(const halftone_coded_rows *weights, const byte_table *table,
                              size_t row, const void *quantized, const int states, float *sums) {
  const size_t columns = weights->columns, size = halftone_state_bytes(columns);
  const size_t block = weights->block, groups_per_block = block / 64;
  const size_t steps = halftone_arranged_count(columns);
  const uint8_t *codes = halftone_row_codes(weights, row);
  const float *scales = weights->scales + row * (columns / block);
  __m512 totals[4];
  for (int s = 0; s < states; s++) totals[s] = _mm512_setzero_ps();
  size_t b = 0, groups = 0;
  for (size_t k = 0; k < columns; k += 64) {
    __m512 scale = _mm512_set1_ps(scales[b]);
    if (block >= 64) {
      groups++;
      if (groups == groups_per_block) b++, groups = 0;
    } else {
      // The weights of even and of odd place lie alike.
      const __m512 second = _mm512_set1_ps(scales[columns - k >= 64 ? b + 1 : b]);
      scale = _mm512_mask_blend_ps(0xF0F0, scale, second);
      b += 2;
    }
    const __m512i nibbles = load_nibbles(codes + k / 2, block >= 64 ? 64 : columns - k);
    halftone_ask_ahead(codes + k / 2);
    signed_weights numbers = {nibbles, 0};
    if (table) {
      numbers.magnitudes = _mm512_shuffle_epi8(table->magnitudes, nibbles);
      numbers.negative = _mm512_movepi8_mask(_mm512_shuffle_epi8(table->values, nibbles));
    }
    for (int s = 0; s < states; s++) {
      const char *state = (const char *)quantized + (size_t)s * size;
      const int8_t *x = (const int8_t *)state + k;
      const __m512i sum = table ? dot(numbers, x) : four_products(nibbles, _mm512_loadu_si512(x));
      const __m512 step = _mm512_broadcast_f32x8(
          _mm256_loadu_ps((const float *)(const void *)(state + steps) + k / 8));
      totals[s] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), _mm512_mul_ps(step, scale), totals[s]);
    }
  }
  for (int s = 0; s < states; s++) sums[s] = _mm512_reduce_add_ps(totals[s]);
}

/// What the zeros of a row take from its sum: zero * scale * the activations of the block.
INLINE float zeros_share(const float *scales, const uint8_t *zeros, const float *sums,
                         size_t blocks) {
  __m512 total = _mm512_setzero_ps();
  size_t b = 0;
  for (; b + 16 <= blocks; b += 16) {
    const __m128i bytes = _mm_loadu_si128((const __m128i *)(zeros + b));
    const __m512 zero = _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes));
    total = _mm512_fmadd_ps(_mm512_mul_ps(zero, _mm512_loadu_ps(scales + b)),
                            _mm512_loadu_ps(sums + b), total);
  }
  float share = _mm512_reduce_add_ps(total);
  for (; b < blocks; b++) share += (float)zeros[b] * scales[b] * sums[b];
  return share;
}

/// The scales of one row after the other, each for `parts` parts of it.
typedef struct scale_cursor {
  const float *scales;
  size_t parts, left;
} scale_cursor;

INLINE float next_scale(scale_cursor *cursor) {
  const float scale = *cursor->scales;
  cursor->left--;
  if (cursor->left == 0) cursor->scales++, cursor->left = cursor->parts;
  return scale;
}

/// The scales of four blocks of 16 weights, or of the last two of a row.
INLINE __m512 four_scales(const float *scales, size_t weights) {
  static const int32_t places[16] = {0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3};
  const __m128 four = weights >= 64
                          ? _mm_loadu_ps(scales)
                          : _mm_castsi128_ps(_mm_loadl_epi64((const __m128i *)(const void *)scales));
  return _mm512_permutexvar_ps(_mm512_loadu_si512(places), _mm512_castps128_ps512(four));
}

/// One row of bytes times `states` (a constant) rows of activations.
INLINE void multiply_bytes(const halftone_coded_rows *weights, size_t row, const void *quantized,
                           const int states, float *sums) {
  static const int32_t places[16] = {0, 0, 0, 0, 0, 0, 0, 0, 4, 4, 4, 4, 4, 4, 4, 4};
  const size_t columns = weights->columns, size = halftone_state_bytes(columns);
  const size_t block = weights->block, steps = halftone_arranged_count(columns);
  const uint8_t *codes = halftone_row_codes(weights, row);
  // Blocks that are no whole vectors, and not the row, change after 32 weights of one.
  const int is_divided = block % 64 != 0 && block != columns;
  const int is_half = halftone_has_half_groups(weights);
  const size_t parts = is_half ? 1 : is_divided ? block / 32 : (block + 63) / 64;
  scale_cursor cursor = {weights->scales + row * (columns / block), parts, parts};
  __m512 totals[4];
  for (int s = 0; s < states; s++) totals[s] = _mm512_setzero_ps();
  for (size_t k = 0; k < columns; k += 64) {
    __m512 scale;
    if (is_half) {
      scale = four_scales(cursor.scales + k / block, columns - k);
    } else {
      scale = _mm512_set1_ps(next_scale(&cursor));
    }
    if (is_divided && !is_half && columns - k > 32) {
      scale = _mm512_mask_blend_ps(0xFF00, scale, _mm512_set1_ps(next_scale(&cursor)));
    }
    __m512i code;
    if (columns - k >= 64) {
      code = _mm512_loadu_si512(codes + k);
    } else {
      uint8_t last[64] = {0};
      memcpy(last, codes + k, columns - k);
      code = _mm512_loadu_si512(last);
    }
    halftone_ask_ahead(codes + k);
    const signed_weights numbers = {_mm512_abs_epi8(code), _mm512_movepi8_mask(code)};
    for (int s = 0; s < states; s++) {
      const char *state = (const char *)quantized + (size_t)s * size;
      const __m512i sum = dot(numbers, (const int8_t *)state + k);
      const float *two_steps = (const float *)(const void *)(state + steps) + k / 8;
      const __m512 step = _mm512_permutexvar_ps(
          _mm512_loadu_si512(places), _mm512_castps256_ps512(_mm256_loadu_ps(two_steps)));
      totals[s] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), _mm512_mul_ps(step, scale), totals[s]);
    }
  }
  for (int s = 0; s < states; s++) sums[s] = _mm512_reduce_add_ps(totals[s]);
}

/// Some rows of one kind times `states` (a constant) rows of activations.
INLINE void multiply_rows(const halftone_coded_rows *weights, const halftone_code_kind kind,
                          const byte_table *table, size_t first, size_t rows,
                          const void *quantized, const int states, float *out, size_t stride,
                          int adding) {
  const size_t columns = weights->columns, blocks = halftone_blocks_per_row(weights);
  const float unit = table ? table->unit : weights->factor;
  for (size_t row = 0; row < rows; row++) {
    float sums[4];
    if (halftone_is_four_bit(kind)) {
      multiply_four_bit(weights, table, first + row, quantized, states, sums);
    } else {
      multiply_bytes(weights, first + row, quantized, states, sums);
    }
    for (int s = 0; s < states; s++) {
      if (kind == HALFTONE_CODES_UINT4) {
        const char *state = (const char *)quantized + (size_t)s * halftone_state_bytes(columns);
        sums[s] -= zeros_share(weights->scales + (first + row) * blocks,
                               weights->zeros + (first + row) * blocks,
                               halftone_state_at(state, columns).sums, blocks);
      }
      float *place = out + (size_t)s * stride + row;
      *place = adding ? *place + unit * sums[s] : unit * sums[s];
    }
  }
}

INLINE void multiply_kind(const halftone_coded_rows *weights, const halftone_code_kind kind,
                          const byte_table *table, size_t first, size_t rows,
                          const void *quantized, size_t states, float *out, size_t stride,
                          int adding) {
  const size_t size = halftone_state_bytes(weights->columns);
#define TILE(n)                                                                                    \
  multiply_rows(weights, kind, table, first + start, length, (const char *)quantized + s * size,   \
                n, out + s * stride + start, stride, adding)
  HALFTONE_PRODUCT_TILES(rows, states, TILE)
#undef TILE
}

void VARIANT(halftone_multiply_fast)(const halftone_coded_rows *weights, size_t first, size_t rows,
                                     const void *quantized, size_t states, float *out,
                                     size_t stride, int adding) {
  if (!halftone_has_whole_groups(weights) && !halftone_has_half_groups(weights)) {
    halftone_multiply_fast_scalar(weights, first, rows, quantized, states, out, stride, adding);
  } else if (states >= HALFTONE_PANEL_STATES && halftone_multiplies_many_avx2(weights)) {
    halftone_multiply_panels_avx2(weights, first, rows, quantized, states, out, stride, adding);
  } else if (weights->kind == HALFTONE_CODES_LOOKUP4) {
    const byte_table table = make_table(weights);
    multiply_kind(weights, HALFTONE_CODES_LOOKUP4, &table, first, rows, quantized, states, out,
                  stride, adding);
  } else if (weights->kind == HALFTONE_CODES_UINT4) {
    multiply_kind(weights, HALFTONE_CODES_UINT4, NULL, first, rows, quantized, states, out, stride,
                  adding);
  } else {
    multiply_kind(weights, HALFTONE_CODES_INT8, NULL, first, rows, quantized, states, out, stride,
                  adding);
  }
}
