// SPDX-License-Identifier: Apache-2.0
//
// The searches for scales, eight parts at once: each lane does for its part what the portable search
// does, in the same order, so that every sum rounds alike. Where a branch of the portable search
// differs between lanes, all go both ways and keep what is theirs.

#include "blocks_search_scalar.h"

BLOCKS_INLINE __m256 all(float value) { return _mm256_set1_ps(value); }
BLOCKS_INLINE __m256 either(__m256 mask, __m256 yes, __m256 no) {
  return _mm256_blendv_ps(no, yes, mask);
}
BLOCKS_INLINE __m256 greater(__m256 a, __m256 b) { return _mm256_cmp_ps(a, b, _CMP_GT_OQ); }
BLOCKS_INLINE __m256 magnitude(__m256 a) { return _mm256_andnot_ps(all(-0.0f), a); }
BLOCKS_INLINE __m256 negated(__m256 a) { return _mm256_xor_ps(all(-0.0f), a); }

/// nearest() and a limit, for magnitudes below 2^22: there the sum's fraction is the number itself.
BLOCKS_INLINE __m256 near_code(__m256 value, float low, float high) {
  const float magic = 12582912.0f;
  __m256 sum = _mm256_max_ps(all(magic + low), _mm256_min_ps(all(magic + high), value + all(magic)));
  return sum - all(magic);
}

/// The same for any number.
BLOCKS_INLINE __m256 code_of(__m256 value, int low, int high) {
  __m256i sum = _mm256_castps_si256(value + all(12582912.0f));
  __m256i code = _mm256_sub_epi32(_mm256_and_si256(sum, _mm256_set1_epi32(0x007FFFFF)),
                                  _mm256_set1_epi32(0x00400000));
  code = _mm256_min_epi32(_mm256_set1_epi32(high), _mm256_max_epi32(_mm256_set1_epi32(low), code));
  return _mm256_cvtepi32_ps(code);
}

/// Loads eight rows of eight, `stride` floats apart, with lane k from row k.
BLOCKS_INLINE void load_transposed(const float *src, size_t stride, __m256 *columns) {
  __m256 r[8], s[8];
  for (int k = 0; k < 8; k++) r[k] = _mm256_loadu_ps(src + (size_t)k * stride);
  for (int k = 0; k < 4; k++) {
    s[2 * k] = _mm256_unpacklo_ps(r[2 * k], r[2 * k + 1]);
    s[2 * k + 1] = _mm256_unpackhi_ps(r[2 * k], r[2 * k + 1]);
  }
  for (int k = 0; k < 8; k += 4) {
    r[k] = _mm256_shuffle_ps(s[k], s[k + 2], 0x44);
    r[k + 1] = _mm256_shuffle_ps(s[k], s[k + 2], 0xEE);
    r[k + 2] = _mm256_shuffle_ps(s[k + 1], s[k + 3], 0x44);
    r[k + 3] = _mm256_shuffle_ps(s[k + 1], s[k + 3], 0xEE);
  }
  for (int k = 0; k < 4; k++) {
    columns[k] = _mm256_permute2f128_ps(r[k], r[k + 4], 0x20);
    columns[k + 4] = _mm256_permute2f128_ps(r[k], r[k + 4], 0x31);
  }
}

/// Loads eight parts of n weights each, one to a lane.
BLOCKS_INLINE void load_parts(const float *src, int n, __m256 *x) {
  for (int i = 0; i < n; i += 8) load_transposed(src + i, (size_t)n, x + i);
}

/// The first of the weights with the largest magnitude in each lane, and in `zero` which lanes count as
/// zero; those get 1, which divides.
BLOCKS_INLINE __m256 lane_extremes(const __m256 *x, int n, __m256 *zero) {
  __m256 largest = all(0), found = all(0);
  for (int i = 0; i < n; i++) {
    __m256 size = magnitude(x[i]), more = greater(size, largest);
    largest = either(more, size, largest);
    found = either(more, x[i], found);
  }
  *zero = greater(all(ZERO_BELOW), largest);
  return either(*zero, all(1), found);
}

// MARK: - Scale and minimum

/// Eight parts from `first` on. Returns 0 where numbers come so close together that nearest() leaves
/// its range; the portable search then has to do it.
BLOCKS_INLINE int search_affine_eight(const float *src, const affine_search *how, int first,
                                      affine_choice *choice) {
  const int n = how->length;
  const float largest = (float)how->largest;
  __m256 x[32], weights[32], codes[32];
  load_parts(src + first * n, n, x);
  if (how->absolute) {
    for (int i = 0; i < n; i++) weights[i] = magnitude(x[i]);
  } else {
    __m256 squares = all(0);
    for (int i = 0; i < n; i++) squares = squares + x[i] * x[i];
    __m256 mean = _mm256_sqrt_ps(squares / all((float)n));
    for (int i = 0; i < n; i++) weights[i] = mean + magnitude(x[i]);
  }
  __m256 low = x[0], high = x[0], sum_w = weights[0], sum_x = sum_w * x[0];
  for (int i = 1; i < n; i++) {
    low = _mm256_min_ps(x[i], low);
    high = _mm256_max_ps(x[i], high);
    sum_w = sum_w + weights[i];
    sum_x = sum_x + weights[i] * x[i];
  }
  const __m256 smallest = low;
  low = either(greater(low, all(0)), all(0), low);
  const __m256 flat = _mm256_cmp_ps(high, low, _CMP_EQ_OQ);
  // What flat lanes compute is dropped.
  __m256 range = either(flat, all(1), high - low);
  __m256 best_lowest = low, best_factor = all(largest) / range, best_scale = all(1) / best_factor;
  __m256 best_error = all(0), out_of_range = all(0);
  const __m256 limit = all(4194303.0f);
  out_of_range = _mm256_cmp_ps(magnitude(best_factor * range), limit, _CMP_NLT_UQ);
  for (int i = 0; i < n; i++) {
    __m256 code = near_code(best_factor * (x[i] - low), 0, largest);
    __m256 error = best_scale * code + low - x[i];
    best_error = best_error + weights[i] * (how->absolute ? magnitude(error) : error * error);
  }
  for (int k = 0; k <= how->last; k++) {
    __m256 factor = all(how->first + how->step * (float)k + largest) / range;
    // Between these two lie all the others.
    __m256 least = factor * (smallest - low), most = factor * (high - low);
    out_of_range = _mm256_or_ps(
        out_of_range, _mm256_cmp_ps(_mm256_max_ps(magnitude(most), magnitude(least)), limit,
                                    _CMP_NLT_UQ));
    __m256 sum_l = all(0), sum_l2 = all(0), sum_xl = all(0);
    for (int i = 0; i < n; i++) {
      codes[i] = near_code(factor * (x[i] - low), 0, largest);
      __m256 weighted = weights[i] * codes[i];
      sum_l = sum_l + weighted;
      sum_l2 = sum_l2 + weighted * codes[i];
      sum_xl = sum_xl + weighted * x[i];
    }
    __m256 determinant = sum_w * sum_l2 - sum_l * sum_l;
    __m256 scale = (sum_w * sum_xl - sum_x * sum_l) / determinant;
    __m256 minimum = (sum_l2 * sum_x - sum_l * sum_xl) / determinant;
    __m256 above = greater(minimum, all(0));
    scale = either(above, sum_xl / sum_l2, scale);
    minimum = either(above, all(0), minimum);
    __m256 sum = all(0);
    for (int i = 0; i < n; i++) {
      __m256 error = scale * codes[i] + minimum - x[i];
      sum = sum + weights[i] * (how->absolute ? magnitude(error) : error * error);
    }
    __m256 better = _mm256_and_ps(greater(determinant, all(0)), greater(best_error, sum));
    best_error = either(better, sum, best_error);
    best_scale = either(better, scale, best_scale);
    best_factor = either(better, factor, best_factor);
    best_lowest = either(better, low, best_lowest);
    low = either(better, minimum, low);
    range = either(flat, all(1), high - low);
  }
  if (_mm256_movemask_ps(_mm256_andnot_ps(flat, out_of_range)) != 0) return 0;
  // A flat lane's lowest weight is its minimum, too.
  _mm256_storeu_ps(choice->scale + first, either(flat, all(0), best_scale));
  _mm256_storeu_ps(choice->factor + first, either(flat, all(0), best_factor));
  _mm256_storeu_ps(choice->lowest + first, either(flat, high, best_lowest));
  _mm256_storeu_ps(choice->minimum + first, negated(either(flat, high, low)));
  return 1;
}

BLOCKS_INLINE void search_affine(const float *src, const affine_search *how,
                                 affine_choice *choice) {
  for (int first = 0; first < how->parts; first += 8) {
    if (!search_affine_eight(src, how, first, choice)) {
      search_affine_portable(src, how, choice);
      return;
    }
  }
}

// MARK: - Signed scale

/// Stores codes of eight parts of 16, given one part to a lane and offset by `half`.
BLOCKS_INLINE void store_codes(const __m256 *codes, float half, __m256 zero, int8_t *dst) {
  float lanes[16][8];
  for (int i = 0; i < 16; i++) {
    _mm256_storeu_ps(lanes[i], _mm256_andnot_ps(zero, codes[i] + all(half)));
  }
  for (int part = 0; part < 8; part++) {
    for (int i = 0; i < 16; i++) dst[16 * part + i] = (int8_t)lanes[i][part];
  }
}

/// Sixteen parts in two vectors: what one waits for, the other computes.
enum { HALVES = 2, LANES = 8 };

static void search_q6(const float *src, symmetric_choice *choice) {
  __m256 x[HALVES][16], weights[HALVES][16], weighted[HALVES][16], extremes[HALVES], zero[HALVES];
  __m256 best_factor[HALVES], best[HALVES], best_scale[HALVES];
  for (int h = 0; h < HALVES; h++) {
    load_parts(src + 16 * LANES * h, 16, x[h]);
    extremes[h] = lane_extremes(x[h], 16, &zero[h]);
    for (int i = 0; i < 16; i++) {
      weights[h][i] = x[h][i] * x[h][i];
      weighted[h][i] = weights[h][i] * x[h][i];
    }
    best_factor[h] = best[h] = best_scale[h] = all(0);
  }
  for (int k = -10; k <= 9; k++) {
    if (k == 0) continue;
    __m256 factor[HALVES], sum_lx[HALVES], sum_l2[HALVES];
    for (int h = 0; h < HALVES; h++) {
      // Factors take weights to less than 33: codes are near.
      factor[h] = all(k == -10 ? -32.0f : -(32.0f + 0.1f * (float)k)) / extremes[h];
      sum_lx[h] = sum_l2[h] = all(0);
    }
    for (int i = 0; i < 16; i++) {
      for (int h = 0; h < HALVES; h++) {
        __m256 code = near_code(factor[h] * x[h][i], -32, 31);
        sum_lx[h] = sum_lx[h] + weighted[h][i] * code;
        sum_l2[h] = sum_l2[h] + weights[h][i] * code * code;
      }
    }
    for (int h = 0; h < HALVES; h++) {
      __m256 scale = sum_lx[h] / sum_l2[h], better;
      if (k == -10) {
        best_factor[h] = factor[h];
        better = _mm256_cmp_ps(sum_l2[h], all(0), _CMP_NEQ_UQ);
      } else {
        better = _mm256_and_ps(greater(sum_l2[h], all(0)),
                               greater(sum_lx[h] * sum_lx[h], best[h] * sum_l2[h]));
      }
      best_factor[h] = either(better, factor[h], best_factor[h]);
      best_scale[h] = either(better, scale, best_scale[h]);
      // Of the plain factor also where its scale is 0.
      best[h] = k == -10 ? best_scale[h] * sum_lx[h] : either(better, scale * sum_lx[h], best[h]);
    }
  }
  for (int h = 0; h < HALVES; h++) {
    __m256 codes[16];
    for (int i = 0; i < 16; i++) codes[i] = near_code(best_factor[h] * x[h][i], -32, 31);
    _mm256_storeu_ps(choice->scale + LANES * h, _mm256_andnot_ps(zero[h], best_scale[h]));
    store_codes(codes, 32, zero[h], choice->codes + 16 * LANES * h);
  }
}

static void search_q3(const float *src, symmetric_choice *choice) {
  __m256 x[HALVES][16], weights[HALVES][16], weighted[HALVES][16], codes[HALVES][16], zero[HALVES];
  __m256 sum_lx[HALVES], sum_l2[HALVES];
  for (int h = 0; h < HALVES; h++) {
    load_parts(src + 16 * LANES * h, 16, x[h]);
    __m256 factor = all(-4.0f) / lane_extremes(x[h], 16, &zero[h]);
    sum_lx[h] = sum_l2[h] = all(0);
    for (int i = 0; i < 16; i++) {
      weights[h][i] = x[h][i] * x[h][i];
      weighted[h][i] = weights[h][i] * x[h][i];
      codes[h][i] = near_code(factor * x[h][i], -4, 3);
      sum_lx[h] = sum_lx[h] + weighted[h][i] * codes[h][i];
      sum_l2[h] = sum_l2[h] + weights[h][i] * codes[h][i] * codes[h][i];
    }
  }
  for (int round = 0; round < 5; round++) {
    __m256 changed = all(0);
    for (int i = 0; i < 16; i++) {
      for (int h = 0; h < HALVES; h++) {
        __m256 code = codes[h][i], lx = sum_lx[h] - weighted[h][i] * code;
        __m256 l2 = sum_l2[h] - weights[h][i] * code * code;
        __m256 moved = code_of(x[h][i] * l2 / lx, -4, 3);
        __m256 moves = _mm256_and_ps(greater(lx, all(0)),
                                     _mm256_cmp_ps(moved, code, _CMP_NEQ_OQ));
        lx = lx + weighted[h][i] * moved;
        l2 = l2 + weights[h][i] * moved * moved;
        __m256 less = greater(lx * lx * sum_l2[h], sum_lx[h] * sum_lx[h] * l2);
        moves = _mm256_and_ps(_mm256_and_ps(moves, less), greater(l2, all(0)));
        codes[h][i] = either(moves, moved, code);
        sum_lx[h] = either(moves, lx, sum_lx[h]);
        sum_l2[h] = either(moves, l2, sum_l2[h]);
        changed = _mm256_or_ps(changed, _mm256_andnot_ps(zero[h], moves));
      }
    }
    // A lane in which nothing moves stays as it is in the next round, too.
    if (_mm256_movemask_ps(changed) == 0) break;
  }
  for (int h = 0; h < HALVES; h++) {
    __m256 scale = _mm256_and_ps(greater(sum_l2[h], all(0)), sum_lx[h] / sum_l2[h]);
    _mm256_storeu_ps(choice->scale + LANES * h, _mm256_andnot_ps(zero[h], scale));
    store_codes(codes[h], 4, zero[h], choice->codes + 16 * LANES * h);
  }
}

// MARK: - IQ4's codebook

/// The codes of eight values, by bisection of the midpoints; `value` is what they stand for.
BLOCKS_INLINE __m256i iq4_lookup(__m256 x, __m256 *value) {
  const float *m = iq4_midpoints;
  const __m256 second = _mm256_setr_ps(m[3], m[11], 0, 0, 0, 0, 0, 0);
  const __m256 third = _mm256_setr_ps(m[1], m[5], m[9], m[13], 0, 0, 0, 0);
  const __m256 fourth = _mm256_setr_ps(m[0], m[2], m[4], m[6], m[8], m[10], m[12], m[14]);
  const __m256 lower = _mm256_setr_ps(-127, -104, -83, -65, -49, -35, -22, -10);
  const __m256 upper = _mm256_setr_ps(1, 13, 25, 38, 53, 69, 89, 113);
  // Not below: true for NaN, too.
  __m256 high = _mm256_cmp_ps(x, all(m[7]), _CMP_NLT_UQ);
  __m256i code = _mm256_srli_epi32(_mm256_castps_si256(high), 31);
  const __m256 tables[3] = {second, third, fourth};
  for (int step = 0; step < 3; step++) {
    __m256 bound = _mm256_permutevar8x32_ps(tables[step], code);
    __m256i more = _mm256_castps_si256(_mm256_cmp_ps(x, bound, _CMP_NLT_UQ));
    code = _mm256_sub_epi32(_mm256_add_epi32(code, code), more);
  }
  *value = either(high, _mm256_permutevar8x32_ps(upper, code), _mm256_permutevar8x32_ps(lower, code));
  return code;
}

static void search_iq4(const float *src, int count, float *scales) {
  if (count < 8) {
    search_iq4_portable(src, count, scales);
    return;
  }
  __m256 x[32], weights[32], zero;
  load_parts(src, 32, x);
  __m256 extreme_weight = lane_extremes(x, 32, &zero);
  for (int i = 0; i < 32; i++) weights[i] = x[i] * x[i];
  __m256 best = all(0), best_scale = all(0);
  for (int k = -8; k <= 7; k++) {
    __m256 factor = k == -8 ? all(1) / (negated(extreme_weight) / all(-127.0f))
                            : all((float)(k - 127)) / extreme_weight;
    __m256 sum_qx = all(0), sum_q2 = all(0);
    for (int i = 0; i < 32; i++) {
      __m256 value;
      iq4_lookup(factor * x[i], &value);
      __m256 weighted = weights[i] * value;
      sum_qx = sum_qx + weighted * x[i];
      sum_q2 = sum_q2 + weighted * value;
    }
    __m256 better = greater(sum_q2, all(0)), scale = sum_qx / sum_q2;
    if (k != -8) better = _mm256_and_ps(better, greater(sum_qx * sum_qx, best * sum_q2));
    best_scale = either(better, scale, best_scale);
    best = k == -8 ? best_scale * sum_qx : either(better, scale * sum_qx, best);
  }
  _mm256_storeu_ps(scales, _mm256_andnot_ps(zero, best_scale));
}

/// Stores 32 codes, one to an element of four vectors, two to a byte.
BLOCKS_INLINE void store_nibbles(const __m256i *codes, uint8_t *dst) {
  // Packing works on halves of vectors, so that dwords come out as 0 2 1 3 of both; the last
  // permutation mends that.
  __m256i words = _mm256_packs_epi32(codes[0], codes[1]), more = _mm256_packs_epi32(codes[2], codes[3]);
  words = _mm256_or_si256(words, _mm256_slli_epi16(more, 4));
  words = _mm256_permute4x64_epi64(words, 0xD8);
  __m128i bytes = _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
  _mm_storeu_si128((__m128i *)dst, bytes);
}

BLOCKS_INLINE void iq4_codes(const float *x, float factor, float scale, uint8_t *dst,
                             float *restored) {
  __m256i codes[4];
  for (int k = 0; k < 4; k++) {
    __m256 value;
    codes[k] = iq4_lookup(all(factor) * _mm256_loadu_ps(x + 8 * k), &value);
    _mm256_storeu_ps(restored + 8 * k, all(scale) * value);
  }
  store_nibbles(codes, dst);
}
