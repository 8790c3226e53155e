// SPDX-License-Identifier: Apache-2.0
//
// The searches for scales, one part after the other: the definition, in the reference's order of
// operations. Every comparison is false where a side is NaN.

/// Scale and minimum of a part, make_qkx2_quants: codes by `last` + 1 factors, for each the scale and
/// minimum that fit them best by weighted least squares.
static inline void search_affine_part(const float *x, const affine_search *how, int part,
                               affine_choice *choice) {
  int n = how->length;
  float weights[32], codes[32];
  if (how->absolute) {
    for (int i = 0; i < n; i++) weights[i] = fabsf(x[i]);
  } else {
    float squares = 0;
    for (int i = 0; i < n; i++) squares += x[i] * x[i];
    float mean = sqrtf(squares / (float)n);
    for (int i = 0; i < n; i++) weights[i] = mean + fabsf(x[i]);
  }
  float low = x[0], high = x[0], sum_w = weights[0], sum_x = sum_w * x[0];
  for (int i = 1; i < n; i++) {
    low = x[i] < low ? x[i] : low;
    high = x[i] > high ? x[i] : high;
    sum_w += weights[i];
    sum_x += weights[i] * x[i];
  }
  low = low > 0 ? 0 : low;
  choice->lowest[part] = low;
  choice->factor[part] = 0;
  if (high == low) {
    choice->scale[part] = 0;
    choice->minimum[part] = -low;
    return;
  }
  float plain = (float)how->largest / (high - low), best_scale = 1 / plain, best_error = 0;
  choice->factor[part] = plain;
  for (int i = 0; i < n; i++) {
    float code = (float)limited(nearest(plain * (x[i] - low)), 0, how->largest);
    float error = best_scale * code + low - x[i];
    best_error += weights[i] * (how->absolute ? fabsf(error) : error * error);
  }
  for (int k = 0; k <= how->last; k++) {
    float factor = (how->first + how->step * (float)k + (float)how->largest) / (high - low);
    float sum_l = 0, sum_l2 = 0, sum_xl = 0;
    for (int i = 0; i < n; i++) {
      codes[i] = (float)limited(nearest(factor * (x[i] - low)), 0, how->largest);
      float weighted = weights[i] * codes[i];
      sum_l += weighted;
      sum_l2 += weighted * codes[i];
      sum_xl += weighted * x[i];
    }
    float determinant = sum_w * sum_l2 - sum_l * sum_l;
    if (!(determinant > 0)) continue;
    float scale = (sum_w * sum_xl - sum_x * sum_l) / determinant;
    float minimum = (sum_l2 * sum_x - sum_l * sum_xl) / determinant;
    if (minimum > 0) {
      minimum = 0;
      scale = sum_xl / sum_l2;
    }
    float sum = 0;
    for (int i = 0; i < n; i++) {
      float error = scale * codes[i] + minimum - x[i];
      sum += weights[i] * (how->absolute ? fabsf(error) : error * error);
    }
    if (sum < best_error) {
      best_error = sum;
      best_scale = scale;
      choice->factor[part] = factor;
      choice->lowest[part] = low;
      // What follows is tried from the new minimum on.
      low = minimum;
    }
  }
  choice->scale[part] = best_scale;
  choice->minimum[part] = -low;
}

static inline void search_affine_portable(const float *x, const affine_search *how,
                                          affine_choice *choice) {
  for (int part = 0; part < how->parts; part++) {
    search_affine_part(x + part * how->length, how, part, choice);
  }
}

/// The first of n weights with the largest magnitude; 0 where that counts as zero.
static float extreme_of_part(const float *x, int n) {
  float largest = 0, found = 0;
  for (int i = 0; i < n; i++) {
    if (fabsf(x[i]) > largest) {
      largest = fabsf(x[i]);
      found = x[i];
    }
  }
  return largest < ZERO_BELOW ? 0 : found;
}

/// Q6_K's search, make_qx_quants with weights x^2: tries 19 factors around that which takes the extreme
/// weight to code -32.
static inline void search_q6_portable(const float *src, symmetric_choice *choice) {
  for (int part = 0; part < 16; part++, src += 16) {
    const float *x = src;
    int8_t *codes = choice->codes + 16 * part;
    float extreme_weight = extreme_of_part(x, 16);
    if (extreme_weight == 0) {
      choice->scale[part] = 0;
      memset(codes, 0, 16);
      continue;
    }
    float best_factor = 0, best = 0, best_scale = 0;
    for (int k = -10; k <= 9; k++) {
      // The plain factor comes first.
      if (k == 0) continue;
      float factor = k == -10 ? -32.0f / extreme_weight : -(32.0f + 0.1f * (float)k) / extreme_weight;
      float sum_lx = 0, sum_l2 = 0;
      for (int i = 0; i < 16; i++) {
        float code = (float)limited(nearest(factor * x[i]), -32, 31), weight = x[i] * x[i];
        sum_lx += weight * x[i] * code;
        sum_l2 += weight * code * code;
      }
      if (k == -10) {
        best_factor = factor;
        best_scale = sum_l2 != 0 ? sum_lx / sum_l2 : 0;
        best = best_scale * sum_lx;
      } else if (sum_l2 > 0 && sum_lx * sum_lx > best * sum_l2) {
        best_factor = factor;
        best_scale = sum_lx / sum_l2;
        best = best_scale * sum_lx;
      }
    }
    choice->scale[part] = best_scale;
    for (int i = 0; i < 16; i++) {
      codes[i] = (int8_t)(limited(nearest(best_factor * x[i]), -32, 31) + 32);
    }
  }
}

/// Q3_K's search, make_q3_quants: one code after the other is moved where that lessens the error, up to
/// five times around.
static inline void search_q3_portable(const float *src, symmetric_choice *choice) {
  for (int part = 0; part < 16; part++, src += 16) {
    const float *x = src;
    int8_t *codes = choice->codes + 16 * part;
    float extreme_weight = extreme_of_part(x, 16);
    if (extreme_weight == 0) {
      choice->scale[part] = 0;
      memset(codes, 0, 16);
      continue;
    }
    float factor = -4.0f / extreme_weight, sum_lx = 0, sum_l2 = 0;
    int best[16];
    for (int i = 0; i < 16; i++) {
      best[i] = limited(nearest(factor * x[i]), -4, 3);
      float weight = x[i] * x[i], code = (float)best[i];
      sum_lx += weight * x[i] * code;
      sum_l2 += weight * code * code;
    }
    for (int round = 0; round < 5; round++) {
      int changes = 0;
      for (int i = 0; i < 16; i++) {
        float weight = x[i] * x[i], code = (float)best[i];
        float lx = sum_lx - weight * x[i] * code;
        if (!(lx > 0)) continue;
        float l2 = sum_l2 - weight * code * code;
        int moved = limited(nearest(x[i] * l2 / lx), -4, 3);
        if (moved == best[i]) continue;
        lx += weight * x[i] * (float)moved;
        l2 += weight * (float)moved * (float)moved;
        if (l2 > 0 && lx * lx * sum_l2 > sum_lx * sum_lx * l2) {
          best[i] = moved;
          sum_lx = lx;
          sum_l2 = l2;
          changes++;
        }
      }
      if (changes == 0) break;
    }
    choice->scale[part] = sum_l2 > 0 ? sum_lx / sum_l2 : 0;
    for (int i = 0; i < 16; i++) codes[i] = (int8_t)(best[i] + 4);
  }
}

/// How many midpoints are not above a value: the code of the nearest codebook value. 15 for NaN.
BLOCKS_INLINE int iq4_code(float value) {
  int code = 0;
  for (int k = 0; k < 15; k++) code += !(value < iq4_midpoints[k]);
  return code;
}

/// The scales of `count` runs of 32 weights for IQ4's codebook: 15 factors around that which takes the
/// extreme weight to -127, after the one that takes it to 127; weights x^2.
static inline void search_iq4_portable(const float *src, int count, float *scales) {
  for (int run = 0; run < count; run++, src += 32) {
    float extreme_weight = extreme_of_part(src, 32), best = 0;
    scales[run] = 0;
    if (extreme_weight == 0) continue;
    for (int k = -8; k <= 7; k++) {
      float factor = k == -8 ? 1 / (-extreme_weight / -127.0f)
                             : (float)(k - 127) / extreme_weight;
      float sum_qx = 0, sum_q2 = 0;
      for (int i = 0; i < 32; i++) {
        float value = (float)iq4_codebook[iq4_code(factor * src[i])], weight = src[i] * src[i];
        sum_qx += weight * value * src[i];
        sum_q2 += weight * value * value;
      }
      if (k == -8) {
        scales[run] = sum_q2 > 0 ? sum_qx / sum_q2 : 0;
        best = scales[run] * sum_qx;
      } else if (sum_q2 > 0 && sum_qx * sum_qx > best * sum_q2) {
        scales[run] = sum_qx / sum_q2;
        best = scales[run] * sum_qx;
      }
    }
  }
}

/// The codes of 32 weights times a factor, two to a byte, and what they stand for.
BLOCKS_INLINE void iq4_codes_portable(const float *x, float factor, float scale, uint8_t *dst,
                                      float *restored) {
  uint8_t codes[32];
  for (int i = 0; i < 32; i++) {
    int code = iq4_code(factor * x[i]);
    codes[i] = (uint8_t)code;
    restored[i] = scale * (float)iq4_codebook[code];
  }
  for (int i = 0; i < 16; i++) dst[i] = (uint8_t)(codes[i] | codes[i + 16] << 4);
}
