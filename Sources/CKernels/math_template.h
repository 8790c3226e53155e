// SPDX-License-Identifier: Apache-2.0
//
// The functions of math_kernels.h for vectors of LANES floats, by the compiler's vector types; each
// math_<isa>.c includes this once, inside its instruction set, after defining
//
//   LANES          floats in a vector: 4, 8 or 16
//   VARIANT(name)  the function's name in that variant
//   FUSED          1 if a * b + c is one instruction
//
// Rows are walked in whole vectors; the rest of a row is padded with a neutral value.

#include "kernels_internal.h"

#include <math.h>

#define WIDE (LANES / 2)

typedef float vec __attribute__((vector_size(4 * LANES)));
typedef int32_t ivec __attribute__((vector_size(4 * LANES)));
typedef float narrow __attribute__((vector_size(4 * WIDE)));
typedef double dvec __attribute__((vector_size(8 * WIDE)));
typedef int64_t livec __attribute__((vector_size(8 * WIDE)));

#define INLINE static inline __attribute__((always_inline))

// MARK: - Vectors

INLINE vec all(float value) { return value - (vec){0}; }
INLINE dvec dall(double value) { return value - (dvec){0}; }

INLINE vec select(ivec mask, vec a, vec b) {
  return (vec)((mask & (ivec)a) | (~mask & (ivec)b));
}

INLINE dvec dselect(livec mask, dvec a, dvec b) {
  return (dvec)((mask & (livec)a) | (~mask & (livec)b));
}

/// a * b + c, rounded once where that costs nothing.
#if FUSED
INLINE vec multiply_add(vec a, vec b, vec c) { return __builtin_elementwise_fma(a, b, c); }
INLINE dvec dmultiply_add(dvec a, dvec b, dvec c) { return __builtin_elementwise_fma(a, b, c); }
#else
INLINE vec multiply_add(vec a, vec b, vec c) { return a * b + c; }
INLINE dvec dmultiply_add(dvec a, dvec b, dvec c) { return a * b + c; }
#endif

/// Up to LANES floats, `fill` in the lanes beyond.
INLINE vec load(const float *src, size_t count, float fill) {
  vec value = all(fill);
  if (count >= LANES) {
    memcpy(&value, src, sizeof value);
  } else {
    memcpy(&value, src, 4 * count);
  }
  return value;
}

INLINE void store(float *dst, size_t count, vec value) {
  if (count >= LANES) {
    memcpy(dst, &value, sizeof value);
  } else {
    memcpy(dst, &value, 4 * count);
  }
}

/// The same for WIDE floats, as doubles.
INLINE dvec dload(const float *src, size_t count, float fill) {
  narrow value = fill - (narrow){0};
  if (count >= WIDE) {
    memcpy(&value, src, sizeof value);
  } else {
    memcpy(&value, src, 4 * count);
  }
  return __builtin_convertvector(value, dvec);
}

INLINE double dsum(dvec value) {
  double sum = 0;
  for (int lane = 0; lane < WIDE; lane++) sum += value[lane];
  return sum;
}

INLINE float largest_of(vec value) {
  float largest = value[0];
  for (int lane = 1; lane < LANES; lane++) {
    largest = value[lane] > largest ? value[lane] : largest;
  }
  return largest;
}

/// The largest of scale * x; NaN does not count.
INLINE float row_maximum(const float *x, size_t n, float scale) {
  vec a = all(-INFINITY), b = a;
  size_t i = 0;
  for (; i + 2 * LANES <= n; i += 2 * LANES) {
    vec p = load(x + i, LANES, 0) * scale, q = load(x + i + LANES, LANES, 0) * scale;
    a = select(p > a, p, a);
    b = select(q > b, q, b);
  }
  for (; i + LANES <= n; i += LANES) {
    vec p = load(x + i, LANES, 0) * scale;
    a = select(p > a, p, a);
  }
  float largest = largest_of(select(b > a, b, a));
  for (; i < n; i++) largest = x[i] * scale > largest ? x[i] * scale : largest;
  return largest;
}

/// x within -limit ... limit; NaN passes.
INLINE vec limited(vec x, float limit) {
  x = select(x > all(limit), all(limit), x);
  return select(x < all(-limit), all(-limit), x);
}

// MARK: - Exponential

/// exp(x) = 2^k exp(r), |r| <= ln(2) / 2, with the Taylor polynomial of degree 7, whose remainder is
/// 5e-9. ln(2) is subtracted in two parts; k times the first, of 9 bits, is exact. 2^k is applied in
/// two factors, neither of which overflows before the product does.
INLINE vec exponential(vec x) {
  // Beyond these the result is infinite and zero. NaN passes.
  x = select(x > all(89.0f), all(89.0f), x);
  x = select(x < all(-104.0f), all(-104.0f), x);
  const vec magic = all(12582912.0f);  // 1.5 * 2^23: its sum has the nearest whole number below
  vec shifted = multiply_add(x, all(1.44269504f), magic);
  vec k = shifted - magic;
  ivec whole = (ivec)shifted - (ivec)magic;
  vec r = multiply_add(k, all(-0.693359375f), x);
  r = multiply_add(k, all(2.12194440e-4f), r);
  vec p = all(1.0f / 5040);
  p = multiply_add(p, r, all(1.0f / 720));
  p = multiply_add(p, r, all(1.0f / 120));
  p = multiply_add(p, r, all(1.0f / 24));
  p = multiply_add(p, r, all(1.0f / 6));
  p = multiply_add(p, r, all(0.5f));
  p = multiply_add(p * r, r, r) + 1.0f;
  ivec half = whole >> 1, rest = whole - half;
  return p * (vec)((half + 127) << 23) * (vec)((rest + 127) << 23);
}

/// The same in double: degree 12, remainder 2e-16. Below -708 the result is zero.
INLINE dvec dexponential(dvec x) {
  livec vanishes = x < dall(-708.0);
  x = dselect(x > dall(710.0), dall(710.0), x);
  x = dselect(vanishes, dall(-708.0), x);
  const dvec magic = dall(6755399441055744.0);  // 1.5 * 2^52
  dvec shifted = dmultiply_add(x, dall(1.4426950408889634), magic);
  dvec k = shifted - magic;
  livec whole = (livec)shifted - (livec)magic;
  dvec r = dmultiply_add(k, dall(-0x1.62e42fee00000p-1), x);
  r = dmultiply_add(k, dall(-0x1.a39ef35793c76p-33), r);
  static const double inverse_factorials[] = {1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800,
                                              1.0 / 362880,    1.0 / 40320,    1.0 / 5040,
                                              1.0 / 720,       1.0 / 120,      1.0 / 24,
                                              1.0 / 6,         0.5,            1.0,
                                              1.0};
  dvec p = dall(inverse_factorials[0]);
  for (int i = 1; i < 13; i++) p = dmultiply_add(p, r, dall(inverse_factorials[i]));
  livec half = whole >> 1, rest = whole - half;
  dvec value = p * (dvec)((half + 1023) << 52) * (dvec)((rest + 1023) << 52);
  return dselect(vanishes, dall(0), value);
}

/// A loop over whole vectors and then the rest; `count` is how many lanes hold data.
#define FOR_VECTORS(i, count, n, lanes)                                                            \
  for (size_t i = 0, count; i < (n) && (count = halftone_smaller((n) - i, lanes), 1); i += lanes)

void VARIANT(exp_f32)(const float *src, size_t n, float *dst) {
  FOR_VECTORS(i, count, n, LANES) store(dst + i, count, exponential(load(src + i, count, 0)));
}

void VARIANT(softmax_row)(float *x, size_t n, float scale, float sink, float *maximum) {
  float largest = row_maximum(x, n, scale);
  if (sink > largest) largest = sink;
  if (maximum != NULL) *maximum = largest;
  if (largest == -INFINITY) {
    float fill = 0;
    for (size_t i = 0; i < n; i++) fill = x[i] == x[i] ? fill : x[i];
    for (size_t i = 0; i < n; i++) x[i] = fill;
    return;
  }
  // Float lanes for a short run, then double.
  double sum = exp((double)sink - (double)largest);
  for (size_t start = 0; start < n; start += 32 * LANES) {
    const size_t length = halftone_smaller(n - start, 32 * LANES);
    vec lanes = all(0);
    FOR_VECTORS(i, count, length, LANES) {
      vec logits = load(x + start + i, count, 0) * scale;
      for (size_t lane = count; lane < LANES; lane++) logits[lane] = -INFINITY;
      vec p = exponential(logits - largest);
      store(x + start + i, count, p);
      lanes += p;
    }
    for (int lane = 0; lane < LANES; lane++) sum += (double)lanes[lane];
  }
  const float factor = (float)(1.0 / sum);
  FOR_VECTORS(i, count, n, LANES) store(x + i, count, load(x + i, count, 0) * factor);
}

double VARIANT(log_sum_exp)(const float *x, size_t n) {
  const float largest = row_maximum(x, n, 1);
  if (largest == -INFINITY) return -INFINITY;
  dvec sum = dall(0);
  FOR_VECTORS(i, count, n, WIDE) {
    sum += dexponential(dload(x + i, count, -INFINITY) - (double)largest);
  }
  return (double)largest + log(dsum(sum));
}

double VARIANT(kl_row)(const float *a, const float *b, size_t n, double lse_a, double lse_b) {
  dvec sum = dall(0);
  FOR_VECTORS(i, count, n, WIDE) {
    dvec la = dload(a + i, count, -INFINITY) - lse_a;
    dvec lb = dload(b + i, count, -INFINITY) - lse_b;
    dvec p = dexponential(la);
    sum += dselect(p == dall(0), dall(0), p * (la - lb));
  }
  return dsum(sum);
}

// MARK: - Activations

void VARIANT(silu_multiply)(const float *gate, const float *up, size_t n, float *dst) {
  FOR_VECTORS(i, count, n, LANES) {
    vec g = load(gate + i, count, 0);
    store(dst + i, count, g / (exponential(-g) + 1.0f) * load(up + i, count, 0));
  }
}

void VARIANT(silu)(const float *x, size_t n, float *dst) {
  FOR_VECTORS(i, count, n, LANES) {
    vec v = load(x + i, count, 0);
    store(dst + i, count, v / (exponential(-v) + 1.0f));
  }
}

void VARIANT(clamped_swiglu)(const float *gate, const float *up, size_t n, float slope,
                             float limit, float *dst) {
  FOR_VECTORS(i, count, n, LANES) {
    vec g = load(gate + i, count, 0), u = load(up + i, count, 0);
    g = select(g > all(limit), all(limit), g);
    store(dst + i, count, (limited(u, limit) + 1.0f) * (g / (exponential(g * -slope) + 1.0f)));
  }
}

void VARIANT(sigmoid)(const float *x, size_t n, float *dst) {
  FOR_VECTORS(i, count, n, LANES) {
    store(dst + i, count, 1.0f / (exponential(-load(x + i, count, 0)) + 1.0f));
  }
}

void VARIANT(relu)(const float *x, size_t n, float *dst) {
  FOR_VECTORS(i, count, n, LANES) {
    vec v = load(x + i, count, 0);
    store(dst + i, count, select(v < all(0), all(0), v));
  }
}

/// The normal distribution's weight beyond |x|: exp(-x^2 / 2) times a polynomial in
/// 1 / (1 + 0.35 |x|), fitted over |x| <= 14 to 3e-8. Beyond that the exponential is zero.
INLINE vec normal_tail(vec magnitude) {
  vec t = 1.0f / multiply_add(magnitude, all(0.35f), all(1));
  vec p = all(-0.02914610505104065f);
  p = multiply_add(p, t, all(0.1439725160598755f));
  p = multiply_add(p, t, all(-0.25571587681770325f));
  p = multiply_add(p, t, all(0.15917593240737915f));
  p = multiply_add(p, t, all(-0.02311098203063011f));
  p = multiply_add(p, t, all(0.10550845414400101f));
  p = multiply_add(p, t, all(0.11983276158571243f));
  p = multiply_add(p, t, all(0.13986188173294067f));
  p = multiply_add(p, t, all(0.13962140679359436f));
  return exponential(magnitude * magnitude * -0.5f) * p * t;
}

void VARIANT(gelu_erf)(const float *x, size_t n, float *dst) {
  FOR_VECTORS(i, count, n, LANES) {
    vec v = load(x + i, count, 0);
    ivec negative = v < all(0);
    vec tail = normal_tail(select(negative, -v, v));
    store(dst + i, count, v * select(negative, tail, 1.0f - tail));
  }
}

void VARIANT(gelu_tanh)(const float *x, size_t n, float *dst) {
  // (1 + tanh(z)) / 2 = 1 / (1 + exp(-2z))
  const float twice_root = 1.5957691216057308f, cubic = 0.044715f;
  FOR_VECTORS(i, count, n, LANES) {
    vec v = load(x + i, count, 0);
    vec z = v * twice_root * multiply_add(v * v, all(cubic), all(1));
    store(dst + i, count, v / (exponential(-z) + 1.0f));
  }
}

// MARK: - Normalization

void VARIANT(rms_norm)(const float *x, const float *weight, size_t n, float eps, float *dst) {
  dvec squares = dall(0);
  FOR_VECTORS(i, count, n, WIDE) {
    dvec v = dload(x + i, count, 0);
    squares += v * v;
  }
  const float factor = (float)(1.0 / sqrt(dsum(squares) / (double)n + (double)eps));
  FOR_VECTORS(i, count, n, LANES) {
    vec v = load(x + i, count, 0) * factor;
    if (weight != NULL) v *= load(weight + i, count, 0);
    store(dst + i, count, v);
  }
}

void VARIANT(layer_norm)(const float *x, const float *weight, const float *bias, size_t n,
                         float eps, float *dst) {
  dvec sum = dall(0), squares = dall(0);
  FOR_VECTORS(i, count, n, WIDE) sum += dload(x + i, count, 0);
  const double mean = dsum(sum) / (double)n;
  for (size_t i = 0; i < n; i += WIDE) {
    const size_t count = halftone_smaller(n - i, WIDE);
    // The padding is not at the mean, so the last deviations are taken one by one.
    if (count == WIDE) {
      dvec v = dload(x + i, count, 0) - mean;
      squares += v * v;
    } else {
      for (size_t j = i; j < n; j++) {
        const double deviation = (double)x[j] - mean;
        squares[0] += deviation * deviation;
      }
    }
  }
  const float factor = (float)(1.0 / sqrt(dsum(squares) / (double)n + (double)eps));
  const float centre = (float)mean;
  FOR_VECTORS(i, count, n, LANES) {
    vec v = (load(x + i, count, 0) - centre) * factor;
    if (weight != NULL) v *= load(weight + i, count, 0);
    if (bias != NULL) v += load(bias + i, count, 0);
    store(dst + i, count, v);
  }
}

// MARK: - Linear algebra

void VARIANT(add)(const float *a, const float *b, size_t n, float *dst) {
  FOR_VECTORS(i, count, n, LANES) {
    store(dst + i, count, load(a + i, count, 0) + load(b + i, count, 0));
  }
}

void VARIANT(multiply)(const float *a, const float *b, size_t n, float *dst) {
  FOR_VECTORS(i, count, n, LANES) {
    store(dst + i, count, load(a + i, count, 0) * load(b + i, count, 0));
  }
}

void VARIANT(scale)(const float *x, size_t n, float factor, float *dst) {
  FOR_VECTORS(i, count, n, LANES) store(dst + i, count, load(x + i, count, 0) * factor);
}

void VARIANT(scale_add)(const float *x, const float *b, size_t n, float factor, float *dst) {
  FOR_VECTORS(i, count, n, LANES) {
    store(dst + i, count, load(x + i, count, 0) * factor + load(b + i, count, 0));
  }
}

void VARIANT(affine)(const float *x, size_t n, float factor, float addend, float *dst) {
  FOR_VECTORS(i, count, n, LANES) store(dst + i, count, load(x + i, count, 0) * factor + addend);
}

void VARIANT(at_most)(const float *x, size_t n, float limit, float *dst) {
  FOR_VECTORS(i, count, n, LANES) {
    vec v = load(x + i, count, 0);
    store(dst + i, count, select(v > all(limit), all(limit), v));
  }
}

void VARIANT(clamp)(const float *x, size_t n, float limit, float *dst) {
  FOR_VECTORS(i, count, n, LANES) store(dst + i, count, limited(load(x + i, count, 0), limit));
}

/// Below 0.625 an odd polynomial to 5e-9; from there 1 - 2 / (exp(2 |y|) + 1) loses nothing.
INLINE vec hyperbolic_tangent(vec y) {
  ivec negative = y < all(0);
  vec magnitude = select(negative, -y, y);
  vec z = y * y;
  vec p = all(0.002292825374752283f);
  p = multiply_add(p, z, all(-0.008344024419784546f));
  p = multiply_add(p, z, all(0.021768946200609207f));
  p = multiply_add(p, z, all(-0.05395926162600517f));
  p = multiply_add(p, z, all(0.13333304226398468f));
  p = multiply_add(p, z, all(-0.3333333432674408f));
  vec small = multiply_add(p * z, y, y);
  vec large = 1.0f - 2.0f / (exponential(magnitude + magnitude) + 1.0f);
  return select(magnitude < all(0.625f), small, select(negative, -large, large));
}

void VARIANT(soft_cap)(const float *x, size_t n, float scale, float cap, float *dst) {
  FOR_VECTORS(i, count, n, LANES) {
    vec y = load(x + i, count, 0) * scale / cap;
    store(dst + i, count, hyperbolic_tangent(y) * cap);
  }
}

void VARIANT(rotate_half)(float *x, const float *cos, const float *sin, size_t half) {
  FOR_VECTORS(i, count, half, LANES) {
    vec a = load(x + i, count, 0), b = load(x + half + i, count, 0);
    vec c = load(cos + i, count, 0), s = load(sin + i, count, 0);
    store(x + i, count, a * c - b * s);
    store(x + half + i, count, b * c + a * s);
  }
}

float VARIANT(dot)(const float *a, const float *b, size_t n) {
  vec sums[4] = {all(0), all(0), all(0), all(0)};
  size_t i = 0;
  for (; i + 4 * LANES <= n; i += 4 * LANES) {
    for (int k = 0; k < 4; k++) {
      const size_t at = i + (size_t)k * LANES;
      sums[k] = multiply_add(load(a + at, LANES, 0), load(b + at, LANES, 0), sums[k]);
    }
  }
  for (; i < n; i += LANES) {
    const size_t count = halftone_smaller(n - i, LANES);
    sums[0] = multiply_add(load(a + i, count, 0), load(b + i, count, 0), sums[0]);
  }
  vec sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  float lanes[LANES];
  memcpy(lanes, &sum, sizeof lanes);
  for (int width = LANES / 2; width > 0; width /= 2) {
    for (int k = 0; k < width; k++) lanes[k] += lanes[k + width];
  }
  return lanes[0];
}

size_t VARIANT(argmax)(const float *x, size_t n) {
  const float largest = row_maximum(x, n, 1);
  for (size_t i = 0; i < n; i++) {
    if (x[i] == largest) return i;
  }
  return 0;
}
