// SPDX-License-Identifier: Apache-2.0
//
// Products in fast arithmetic with many rows of activations. Codes become bytes once for all of them:
// a panel has eight rows of weights side by side, four neighbours of each to a vector, so that sums
// of eight outputs come out of the same instruction and nothing is added across a vector.

#include "product_tiles.h"

#if defined(__x86_64__)
#include "kernels_x86.h"

#define INLINE static inline __attribute__((always_inline))

/// Rows of weights to a panel, one for each lane of 32 bits.
#define LANES 8
/// Vectors that hold a group of activations' worth of one panel.
#define GROUP_VECTORS (HALFTONE_STATE_GROUP / 4)
/// Groups to a panel: with this many, the panels of one pass take half of a second-level cache, and
/// the activations that meet them fit the first-level one.
#define PANEL_GROUPS 64
/// Panels that meet some activations before these are read again.
#define PASS_PANELS 4
/// Rows of activations that share a vector of weights, as far as registers go.
#define TILE_STATES 4

HALFTONE_BEGIN_AVX2

/// Some columns of eight rows of weights.
typedef struct panel {
  __m256i codes[PANEL_GROUPS][GROUP_VECTORS];
  /// One of each group, or of each half of one.
  __m256 scales[2 * PANEL_GROUPS];
  /// For UINT4: zero * scale of the blocks that begin here, in order.
  __m256 zeros[PANEL_GROUPS];
} panel;

int halftone_multiplies_many_avx2(const halftone_coded_rows *weights) {
  if (halftone_has_half_groups(weights)) return 1;
  return weights->kind <= HALFTONE_CODES_INT8 && weights->block % HALFTONE_STATE_GROUP == 0 &&
         weights->columns % (halftone_is_four_bit(weights->kind) ? 64 : 32) == 0;
}

/// Turns eight rows of eight 32-bit numbers into columns.
INLINE void transpose(__m256i v[LANES]) {
  __m256i pairs[LANES], fours[LANES];
  for (int i = 0; i < LANES; i += 2) {
    pairs[i] = _mm256_unpacklo_epi32(v[i], v[i + 1]);
    pairs[i + 1] = _mm256_unpackhi_epi32(v[i], v[i + 1]);
  }
  for (int i = 0; i < LANES; i += 4) {
    for (int k = 0; k < 2; k++) {
      fours[i + 2 * k] = _mm256_unpacklo_epi64(pairs[i + k], pairs[i + k + 2]);
      fours[i + 2 * k + 1] = _mm256_unpackhi_epi64(pairs[i + k], pairs[i + k + 2]);
    }
  }
  for (int i = 0; i < 4; i++) {
    v[i] = _mm256_permute2x128_si256(fours[i], fours[i + 4], 0x20);
    v[i + 4] = _mm256_permute2x128_si256(fours[i], fours[i + 4], 0x31);
  }
}

/// The scales of a panel's groups, or, where there are two `parts` (a constant) to one, of these.
INLINE void fill_scales(const halftone_coded_rows *weights, const halftone_code_kind kind,
                        const int parts, const size_t places[LANES], size_t column, size_t groups,
                        panel *panel) {
  const size_t length = HALFTONE_STATE_GROUP / (size_t)parts;
  size_t begun = 0;
  for (size_t g = 0; g < groups * (size_t)parts; g++) {
    const size_t place = column + g * length, b = place / weights->block;
    const int begins = place % weights->block == 0;
    if (g > 0 && !begins) {
      panel->scales[g] = panel->scales[g - 1];
      continue;
    }
    float scales[LANES], zeros[LANES];
    for (int lane = 0; lane < LANES; lane++) {
      scales[lane] = weights->scales[places[lane] + b];
      if (kind == HALFTONE_CODES_UINT4) {
        zeros[lane] = (float)weights->zeros[places[lane] + b] * scales[lane];
      }
    }
    panel->scales[g] = _mm256_loadu_ps(scales);
    if (kind == HALFTONE_CODES_UINT4 && begins) panel->zeros[begun++] = _mm256_loadu_ps(zeros);
  }
}

/// Fills a panel with `groups` groups of columns from `column` on, of eight rows of which those from
/// `last` on repeat that one.
INLINE void fill(const halftone_coded_rows *weights, const halftone_code_kind kind,
                 const int parts, const __m256i table, size_t row, size_t last, size_t column,
                 size_t groups, panel *panel) {
  const size_t blocks = halftone_blocks_per_row(weights);
  const int is_four_bit = halftone_is_four_bit(kind);
  const uint8_t *codes[LANES];
  const size_t next = LANES * (is_four_bit ? weights->columns / 2 : weights->columns);
  size_t places[LANES];
  for (size_t lane = 0; lane < LANES; lane++) {
    places[lane] = halftone_smaller(row + lane, last);
    codes[lane] =
        halftone_row_codes(weights, places[lane]) + (is_four_bit ? column / 2 : column);
    places[lane] *= blocks;
  }
  const __m256i mask = _mm256_set1_epi8(15);
  for (size_t g = 0; g < groups; g += is_four_bit ? 2 : 1) {
    __m256i v[LANES];
    for (int lane = 0; lane < LANES; lane++) {
      v[lane] = _mm256_loadu_si256((const __m256i *)codes[lane]);
      // What the next panel takes from here on: the processor does not guess so many rows.
      __builtin_prefetch(codes[lane] + next);
      codes[lane] += 32;
    }
    transpose(v);
    for (int i = 0; i < GROUP_VECTORS; i++) {
      if (!is_four_bit) {
        panel->codes[g][i] = v[i];
        continue;
      }
      // The second half of the vectors is that of the next group.
      __m256i high = _mm256_and_si256(_mm256_srli_epi16(v[i], 4), mask);
      __m256i low = _mm256_and_si256(v[i], mask);
      if (kind == HALFTONE_CODES_LOOKUP4) {
        high = _mm256_shuffle_epi8(table, high);
        low = _mm256_shuffle_epi8(table, low);
      }
      panel->codes[g + (size_t)i / 4][i % 4] = high;
      panel->codes[g + (size_t)i / 4][4 + i % 4] = low;
    }
  }
  fill_scales(weights, kind, parts, places, column, groups, panel);
}

/// Where the codes of the four activations lie that meet a vector.
INLINE size_t activation_place(const halftone_code_kind kind, size_t group, size_t vector) {
  if (!halftone_is_four_bit(kind)) return group * HALFTONE_STATE_GROUP + 4 * vector;
  // Of 64, those of even place come first.
  return group / 2 * 64 + vector / 4 * 32 + group % 2 * 16 + vector % 4 * 4;
}

INLINE __m256i four(const int8_t *x) {
  int32_t word;
  memcpy(&word, x, sizeof word);
  return _mm256_set1_epi32(word);
}

/// `panels` panels (a constant) times `states` (a constant) rows of activations, `size` bytes apart.
INLINE void multiply_tile(const halftone_code_kind kind, const int parts, const panel *panel,
                          const int panels, size_t groups, const int8_t *x, const float *steps,
                          size_t size, const int states, __m256 totals[2][TILE_STATES]) {
  const __m256i ones = _mm256_set1_epi16(1);
  const size_t vectors = GROUP_VECTORS / (size_t)parts;
  for (size_t part = 0; part < groups * (size_t)parts; part++) {
    const size_t g = part / (size_t)parts, begin = part % (size_t)parts * vectors;
    __m256i sums[2][TILE_STATES];
    for (int p = 0; p < panels; p++) {
      for (int s = 0; s < states; s++) sums[p][s] = _mm256_setzero_si256();
    }
#pragma clang loop unroll_count(4)
    for (size_t i = begin; i < begin + vectors; i++) {
      const int8_t *place = x + activation_place(kind, g, i);
      __m256i codes[2], magnitudes[2];
      for (int p = 0; p < panels; p++) {
        codes[p] = panel[p].codes[g][i];
        if (kind != HALFTONE_CODES_UINT4) magnitudes[p] = _mm256_abs_epi8(codes[p]);
      }
      for (int s = 0; s < states; s++) {
        const __m256i four_x = four(place + (size_t)s * size);
        for (int p = 0; p < panels; p++) {
          if (kind == HALFTONE_CODES_UINT4) {
            // Eight times two products of at most 15 * 127 fit 16 bits.
            sums[p][s] = _mm256_add_epi16(sums[p][s], _mm256_maddubs_epi16(codes[p], four_x));
          } else {
            const __m256i pairs =
                _mm256_maddubs_epi16(magnitudes[p], _mm256_sign_epi8(four_x, codes[p]));
            sums[p][s] = _mm256_add_epi32(sums[p][s], _mm256_madd_epi16(pairs, ones));
          }
        }
      }
    }
    for (int s = 0; s < states; s++) {
      const float *place = (const float *)(const void *)((const char *)steps + (size_t)s * size);
      const __m256 step = _mm256_broadcast_ss(place + 4 * g);
      for (int p = 0; p < panels; p++) {
        if (kind == HALFTONE_CODES_UINT4) sums[p][s] = _mm256_madd_epi16(sums[p][s], ones);
        totals[p][s] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums[p][s]),
                                       _mm256_mul_ps(panel[p].scales[part], step), totals[p][s]);
      }
    }
  }
}

/// Stores the first `rows` of eight outputs.
INLINE void put(__m256 sums, float unit, size_t rows, float *out, int adding) {
  sums = _mm256_mul_ps(sums, _mm256_set1_ps(unit));
  if (rows >= LANES) {
    if (adding) sums = _mm256_add_ps(_mm256_loadu_ps(out), sums);
    _mm256_storeu_ps(out, sums);
    return;
  }
  float values[LANES];
  _mm256_storeu_ps(values, sums);
  for (size_t r = 0; r < rows; r++) out[r] = adding ? out[r] + values[r] : values[r];
}

/// Where a pass is: its columns, in groups of activations, and the blocks that begin in them.
typedef struct span {
  size_t column, groups, first_block, blocks;
} span;

INLINE span span_of(const halftone_coded_rows *weights, size_t group, size_t groups) {
  const size_t column = group * HALFTONE_STATE_GROUP;
  const size_t first = (column + weights->block - 1) / weights->block;
  const size_t end =
      (column + groups * HALFTONE_STATE_GROUP + weights->block - 1) / weights->block;
  return (span){column, groups, first, end - first};
}

/// Panels of the same columns times `states` (a constant) rows of activations.
INLINE void multiply_states(const halftone_coded_rows *weights, const halftone_code_kind kind,
                            const int parts, float unit, const panel *panels, size_t rows,
                            span span, const char *quantized, const int states, float *out,
                            size_t stride, int adding) {
  const int together = kind == HALFTONE_CODES_UINT4 ? 2 : 1;
  const size_t size = halftone_state_bytes(weights->columns);
  const halftone_state state = halftone_state_at(quantized, weights->columns);
  const float *steps = state.steps + span.column / HALFTONE_STATE_GROUP * 4;
  for (size_t row = 0; row < rows; row += LANES * (size_t)together) {
    const panel *panel = panels + row / LANES;
    __m256 totals[2][TILE_STATES];
    for (int p = 0; p < together; p++) {
      for (int s = 0; s < states; s++) totals[p][s] = _mm256_setzero_ps();
    }
    multiply_tile(kind, parts, panel, together, span.groups, state.codes + span.column, steps,
                  size, states, totals);
    for (size_t b = 0; kind == HALFTONE_CODES_UINT4 && b < span.blocks; b++) {
      for (int s = 0; s < states; s++) {
        const char *sums = (const char *)(state.sums + span.first_block + b);
        const __m256 sum = _mm256_broadcast_ss((const float *)(const void *)(sums + (size_t)s * size));
        for (int p = 0; p < together; p++) {
          totals[p][s] = _mm256_fnmadd_ps(panel[p].zeros[b], sum, totals[p][s]);
        }
      }
    }
    for (int p = 0; p < together; p++) {
      const size_t start = row + LANES * (size_t)p;
      if (start >= rows) break;
      for (int s = 0; s < states; s++) {
        put(totals[p][s], unit, rows - start, out + (size_t)s * stride + start, adding);
      }
    }
  }
}

/// Panels of the same columns times all activations.
INLINE void multiply_pass(const halftone_coded_rows *weights, const halftone_code_kind kind,
                          const int parts, float unit, const panel *panels, size_t rows, span span,
                          const char *quantized, size_t states, float *out, size_t stride,
                          int adding) {
  const size_t size = halftone_state_bytes(weights->columns);
#define TILE(n)                                                                                    \
  multiply_states(weights, kind, parts, unit, panels, rows, span, quantized + s * size, n,         \
                  out + s * stride, stride, adding)
  HALFTONE_PRODUCT_STATES(states, TILE)
#undef TILE
}

INLINE void multiply_kind(const halftone_coded_rows *weights, const halftone_code_kind kind,
                          const int parts, size_t first, size_t rows, const void *quantized,
                          size_t states, float *out, size_t stride, int adding) {
  float unit = weights->factor;
  __m256i table = _mm256_setzero_si256();
  if (kind == HALFTONE_CODES_LOOKUP4) {
    int8_t values[16];
    unit *= halftone_round_table(weights->table, values) / 127;
    table = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)values));
  }
  const size_t all_groups = weights->columns / HALFTONE_STATE_GROUP;
  for (size_t start = 0; start < rows; start += LANES * PASS_PANELS) {
    const size_t length = halftone_smaller(LANES * PASS_PANELS, rows - start);
    for (size_t group = 0; group < all_groups; group += PANEL_GROUPS) {
      const size_t groups = halftone_smaller(PANEL_GROUPS, all_groups - group);
      panel panels[PASS_PANELS];
      for (size_t row = 0; row < LANES * PASS_PANELS && row < (length + 15) / 16 * 16;
           row += LANES) {
        fill(weights, kind, parts, table, first + start + row, first + start + length - 1,
             group * HALFTONE_STATE_GROUP, groups, panels + row / LANES);
      }
      multiply_pass(weights, kind, parts, unit, panels, length, span_of(weights, group, groups),
                    quantized, states, out + start, stride, adding || group > 0);
    }
  }
}

void halftone_multiply_panels_avx2(const halftone_coded_rows *weights, size_t first, size_t rows,
                                   const void *quantized, size_t states, float *out,
                                   size_t stride, int adding) {
#define MULTIPLY(kind, parts)                                                                      \
  multiply_kind(weights, kind, parts, first, rows, quantized, states, out, stride, adding)
  if (weights->kind == HALFTONE_CODES_LOOKUP4) {
    MULTIPLY(HALFTONE_CODES_LOOKUP4, 1);
  } else if (weights->kind == HALFTONE_CODES_UINT4) {
    MULTIPLY(HALFTONE_CODES_UINT4, 1);
  } else if (halftone_has_half_groups(weights)) {
    MULTIPLY(HALFTONE_CODES_INT8, 2);
  } else {
    MULTIPLY(HALFTONE_CODES_INT8, 1);
  }
#undef MULTIPLY
}

HALFTONE_END
#endif
