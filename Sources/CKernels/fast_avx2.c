// SPDX-License-Identifier: Apache-2.0
//
// Products in fast arithmetic: 32 signed bytes of weights times 32 of activations are two
// instructions. The first takes one operand without a sign, so weights give theirs to the activations.

#include "product_tiles.h"

#if defined(__x86_64__)
#include "unpack_avx2.h"

#define INLINE static inline __attribute__((always_inline))

HALFTONE_BEGIN_AVX2

/// The codes of 64 weights, or of the last 32 of a row and zeros.
INLINE __m256i load_nibbles(const uint8_t *codes, size_t weights) {
  if (weights >= 64) return _mm256_loadu_si256((const __m256i *)codes);
  return _mm256_zextsi128_si256(_mm_loadu_si128((const __m128i *)codes));
}

INLINE float sum_of(__m256 v) {
  __m128 half = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  half = _mm_add_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
}

/// The sums of four neighbouring products each, of weights whose magnitudes are at hand.
INLINE __m256i dot(__m256i weights, __m256i magnitudes, const int8_t *x) {
  const __m256i signed_x =
      _mm256_sign_epi8(_mm256_loadu_si256((const __m256i *)(const void *)x), weights);
  return _mm256_madd_epi16(_mm256_maddubs_epi16(magnitudes, signed_x), _mm256_set1_epi16(1));
}

/// A table of signed bytes, the magnitudes of these, and what a unit of them stands for.
typedef struct byte_table {
  __m256i values, magnitudes;
  float unit;
} byte_table;

INLINE byte_table make_table(const halftone_coded_rows *weights) {
  int8_t values[16];
  const float largest = halftone_round_table(weights->table, values);
  const __m256i table = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)values));
  return (byte_table){table, _mm256_abs_epi8(table), weights->factor * (largest / 127)};
}

/// One row of four-bit codes times `states` (a constant) rows of activations, without the zeros.
/// `block` is the weights' own, a constant where it is the usual one.
INLINE void multiply_four_bit(const halftone_coded_rows *weights, const size_t block,
                              const byte_table *table, size_t row, const void *quantized,
                              const int states, float *sums) {
  const size_t columns = weights->columns, size = halftone_state_bytes(columns);
  const size_t blocks = columns / block, groups_per_block = block / 64;
  const uint8_t *codes = halftone_row_codes(weights, row);
  const float *scales = weights->scales + row * blocks;
  const __m256i mask = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1);
  const char *first = quantized;
  const size_t steps = halftone_arranged_count(columns);
  __m256 totals[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(),
                      _mm256_setzero_ps()};
  size_t b = 0, groups = 0;
  for (size_t k = 0; k < columns; k += 64) {
    __m256 scale;
    if (block >= 64) {
      scale = _mm256_set1_ps(scales[b]);
      groups++;
      if (groups == groups_per_block) b++, groups = 0;
    } else {
      const float high = scales[columns - k >= 64 ? b + 1 : b];
      scale = _mm256_insertf128_ps(_mm256_set1_ps(scales[b]), _mm_set1_ps(high), 1);
      b += 2;
    }
    const __m256i bytes = load_nibbles(codes + k / 2, columns - k);
    halftone_ask_ahead(codes + k / 2);
    const __m256i even = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), mask);
    const __m256i odd = _mm256_and_si256(bytes, mask);
    __m256i even_weights = even, odd_weights = odd, even_magnitudes = even, odd_magnitudes = odd;
    if (table) {
      even_weights = _mm256_shuffle_epi8(table->values, even);
      odd_weights = _mm256_shuffle_epi8(table->values, odd);
      even_magnitudes = _mm256_shuffle_epi8(table->magnitudes, even);
      odd_magnitudes = _mm256_shuffle_epi8(table->magnitudes, odd);
    }
    for (int s = 0; s < states; s++) {
      const char *state = first + (size_t)s * size;
      const int8_t *x = (const int8_t *)state + k;
      __m256i sum;
      if (table) {
        sum = _mm256_add_epi32(dot(even_weights, even_magnitudes, x),
                               dot(odd_weights, odd_magnitudes, x + 32));
      } else {
        // Four products of at most 15 * 127 fit 16 bits.
        const __m256i pairs = _mm256_add_epi16(
            _mm256_maddubs_epi16(even, _mm256_loadu_si256((const __m256i *)(const void *)x)),
            _mm256_maddubs_epi16(odd, _mm256_loadu_si256((const __m256i *)(const void *)(x + 32))));
        sum = _mm256_madd_epi16(pairs, ones);
      }
      const __m256 step = _mm256_loadu_ps((const float *)(const void *)(state + steps) + k / 8);
      totals[s] =
          _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum), _mm256_mul_ps(step, scale), totals[s]);
    }
  }
  for (int s = 0; s < states; s++) sums[s] = sum_of(totals[s]);
}

/// What the zeros of a row take from its sum: zero * scale * the activations of the block.
INLINE float zeros_share(const float *scales, const uint8_t *zeros, const float *sums,
                         size_t blocks) {
  __m256 total = _mm256_setzero_ps();
  size_t b = 0;
  for (; b + 8 <= blocks; b += 8) {
    const __m128i bytes = _mm_loadl_epi64((const __m128i *)(zeros + b));
    const __m256 zero = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes));
    total = _mm256_fmadd_ps(_mm256_mul_ps(zero, _mm256_loadu_ps(scales + b)),
                            _mm256_loadu_ps(sums + b), total);
  }
  float share = sum_of(total);
  for (; b < blocks; b++) share += (float)zeros[b] * scales[b] * sums[b];
  return share;
}

/// Adds the products of the 32 bytes from column `k` on.
INLINE void add_bytes(__m256i code, __m256 scale, size_t columns, size_t k, const void *quantized,
                      const int states, __m256 totals[4]) {
  const size_t size = halftone_state_bytes(columns), steps = halftone_arranged_count(columns);
  const __m256i magnitudes = _mm256_abs_epi8(code);
  for (int s = 0; s < states; s++) {
    const char *state = (const char *)quantized + (size_t)s * size;
    const __m256i sum = dot(code, magnitudes, (const int8_t *)state + k);
    const __m256 step = _mm256_broadcast_ss((const float *)(const void *)(state + steps) + k / 8);
    totals[s] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum), _mm256_mul_ps(step, scale), totals[s]);
  }
}

/// One row of bytes times `states` (a constant) rows of activations.
INLINE void multiply_bytes(const halftone_coded_rows *weights, size_t row, const void *quantized,
                           const int states, float *sums) {
  const size_t columns = weights->columns;
  const uint8_t *codes = halftone_row_codes(weights, row);
  const float *scales = weights->scales + row * (columns / weights->block);
  __m256 totals[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(),
                      _mm256_setzero_ps()};
  for (size_t start = 0; start < columns; start += weights->block) {
    const __m256 scale = _mm256_set1_ps(*scales++);
    const size_t end = start + weights->block;
    for (size_t k = start; k < end; k += 32) {
      __m256i code;
      if (end - k >= 32) {
        code = _mm256_loadu_si256((const __m256i *)(codes + k));
      } else {
        int8_t last[32] = {0};
        for (size_t i = k; i < end; i++) last[i - k] = (int8_t)codes[i];
        code = _mm256_loadu_si256((const __m256i *)(const void *)last);
      }
      halftone_ask_ahead(codes + k);
      add_bytes(code, scale, columns, k, quantized, states, totals);
    }
  }
  for (int s = 0; s < states; s++) sums[s] = sum_of(totals[s]);
}

/// One row of bytes in blocks of half a group times `states` (a constant) rows of activations.
INLINE void multiply_halves(const halftone_coded_rows *weights, size_t row, const void *quantized,
                            const int states, float *sums) {
  const size_t columns = weights->columns;
  const uint8_t *codes = halftone_row_codes(weights, row);
  const float *scales = weights->scales + row * halftone_blocks_per_row(weights);
  __m256 totals[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(),
                      _mm256_setzero_ps()};
  for (size_t k = 0; k < columns; k += 32, scales += 2) {
    const __m256 scale = _mm256_blend_ps(_mm256_set1_ps(scales[0]), _mm256_set1_ps(scales[1]), 0xF0);
    const __m256i code = _mm256_loadu_si256((const __m256i *)(codes + k));
    add_bytes(code, scale, columns, k, quantized, states, totals);
  }
  for (int s = 0; s < states; s++) sums[s] = sum_of(totals[s]);
}

/// One row of packed codes times `states` (a constant) rows of activations. `is_half`, a constant, says
/// that blocks have half a group.
INLINE void multiply_packed(const halftone_coded_rows *weights, const unpacking *how,
                            const int is_half, const uint8_t *codes, const uint8_t *end,
                            const float *scales, const void *quantized, const int states,
                            float *sums) {
  const size_t columns = weights->columns, span = is_half ? 32 : weights->block;
  __m256 totals[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(),
                      _mm256_setzero_ps()};
  for (size_t start = 0; start < columns; start += span) {
    __m256 scale = _mm256_set1_ps(*scales++);
    if (is_half) scale = _mm256_blend_ps(scale, _mm256_set1_ps(*scales++), 0xF0);
    for (size_t k = start; k < start + span; k += 32, codes += 4 * how->width) {
      halftone_ask_ahead(codes);
      add_bytes(unpack_group(how, codes, end), scale, columns, k, quantized, states, totals);
    }
  }
  for (int s = 0; s < states; s++) sums[s] = sum_of(totals[s]);
}

INLINE void multiply_packed_rows(const halftone_coded_rows *weights, const unpacking *how,
                                 const int is_half, const uint8_t *end, size_t first, size_t rows,
                                 const void *quantized, const int states, float *out,
                                 size_t stride, int adding) {
  const size_t bytes = weights->columns * how->width / 8;
  const size_t blocks = halftone_blocks_per_row(weights);
  for (size_t row = first; row < first + rows; row++) {
    float sums[4];
    multiply_packed(weights, how, is_half, (const uint8_t *)weights->codes + row * bytes, end,
                    weights->scales + row * blocks, quantized, states, sums);
    for (int s = 0; s < states; s++) {
      float *place = out + (size_t)s * stride + (row - first);
      const float sum = weights->factor * sums[s];
      *place = adding ? *place + sum : sum;
    }
  }
}

int halftone_multiply_packed_avx2(const halftone_coded_rows *weights, int bits, int zero,
                                  const int8_t *table, size_t first, size_t rows,
                                  const void *quantized, size_t states, float *out, size_t stride,
                                  int adding) {
  const int is_half = halftone_has_half_groups(weights);
  const int is_whole = weights->block % 32 == 0 && weights->columns % 32 == 0;
  if (states >= HALFTONE_PANEL_STATES || !(is_half || is_whole)) return 0;
  const size_t size = halftone_state_bytes(weights->columns);
  const unpacking how = make_unpacking(bits, zero, table);
  const uint8_t *end =
      (const uint8_t *)weights->codes + (first + rows) * (weights->columns * how.width / 8);
#define MULTIPLY(is_half, n)                                                                       \
  multiply_packed_rows(weights, &how, is_half, end, first + start, length,                         \
                       (const char *)quantized + s * size, n, out + s * stride + start, stride,    \
                       adding)
#define TILE(n)                                                                                    \
  if (is_half) MULTIPLY(1, n);                                                                     \
  else MULTIPLY(0, n)
  HALFTONE_PRODUCT_TILES(rows, states, TILE)
#undef TILE
#undef MULTIPLY
  return 1;
}

INLINE void multiply_rows(const halftone_coded_rows *weights, const halftone_code_kind kind,
                          const byte_table *table, size_t first, size_t rows,
                          const void *quantized, const int states, float *out, size_t stride,
                          int adding) {
  const size_t columns = weights->columns, blocks = columns / weights->block;
  const float unit = table ? table->unit : weights->factor;
  for (size_t row = 0; row < rows; row++) {
    float sums[4];
    if (halftone_is_four_bit(kind) && weights->block == 64) {
      multiply_four_bit(weights, 64, table, first + row, quantized, states, sums);
    } else if (halftone_is_four_bit(kind)) {
      multiply_four_bit(weights, weights->block, table, first + row, quantized, states, sums);
    } else if (halftone_has_half_groups(weights)) {
      multiply_halves(weights, first + row, quantized, states, sums);
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

/// Four states at a time, then those that are left, for some rows that stay in the cache meanwhile.
INLINE void multiply_kind(const halftone_coded_rows *weights, const halftone_code_kind kind,
                          size_t first, size_t rows, const void *quantized, size_t states,
                          float *out, size_t stride, int adding) {
  const size_t size = halftone_state_bytes(weights->columns);
  const int has_table = kind == HALFTONE_CODES_LOOKUP4;
  byte_table values;
  if (has_table) values = make_table(weights);
  const byte_table *table = has_table ? &values : NULL;
#define TILE(n)                                                                                    \
  multiply_rows(weights, kind, table, first + start, length, (const char *)quantized + s * size,   \
                n, out + s * stride + start, stride, adding)
  HALFTONE_PRODUCT_TILES(rows, states, TILE)
#undef TILE
}

void halftone_multiply_fast_avx2(const halftone_coded_rows *weights, size_t first, size_t rows,
                                 const void *quantized, size_t states, float *out, size_t stride,
                                 int adding) {
  if (!halftone_has_whole_groups(weights) && !halftone_has_half_groups(weights)) {
    halftone_multiply_fast_scalar(weights, first, rows, quantized, states, out, stride, adding);
    return;
  }
  if (states >= HALFTONE_PANEL_STATES && halftone_multiplies_many_avx2(weights)) {
    halftone_multiply_panels_avx2(weights, first, rows, quantized, states, out, stride, adding);
    return;
  }
  switch (weights->kind) {
    case HALFTONE_CODES_LOOKUP4:
      multiply_kind(weights, HALFTONE_CODES_LOOKUP4, first, rows, quantized, states, out, stride,
                    adding);
      break;
    case HALFTONE_CODES_UINT4:
      multiply_kind(weights, HALFTONE_CODES_UINT4, first, rows, quantized, states, out, stride,
                    adding);
      break;
    default:
      multiply_kind(weights, HALFTONE_CODES_INT8, first, rows, quantized, states, out, stride,
                    adding);
  }
}

HALFTONE_END
#endif
