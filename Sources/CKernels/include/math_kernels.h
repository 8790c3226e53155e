// SPDX-License-Identifier: Apache-2.0
//
// The arithmetic of inference and verification in fp32.
//
// Unlike the kernels of CKernels.h, variants may differ from each other in rounding, within the
// bounds stated here and tested against double precision; one variant always gives the same result
// for the same input. `u` is 2^-24, the unit roundoff of float. Pointers need no alignment beyond
// their element's. A destination may be one of the sources, but may not overlap it otherwise.

#ifndef HALFTONE_MATH_KERNELS_H
#define HALFTONE_MATH_KERNELS_H

#include "CKernels.h"

typedef struct halftone_math {
  const char *name;  ///< "scalar", "avx2", "avx512" or "neon"

  /// dst = exp(src) to 2 ulp, subnormal results included; overflow gives infinity, NaN stays NaN.
  void (*exp_f32)(const float *src, size_t n, float *dst);

  /// x = exp(scale * x - m) / sum, where m is the largest of scale * x and `sink`, and the sum has
  /// exp(sink - m) as one more term: a logit that takes its share and is dropped; -infinity for none.
  /// Relative error of a normal result at most (8 + 4 max |scale * x|) u; the sum is in double. A row
  /// of nothing but -infinity becomes zeros, one with a NaN is NaN throughout. Where `maximum` is not
  /// NULL it receives m (`sink` where n is 0).
  void (*softmax_row)(float *x, size_t n, float scale, float sink, float *maximum);

  /// ln(sum of exp(x)), in double throughout: relative error of the sum at most 1e-12.
  /// -infinity where n is 0 or every x is -infinity.
  double (*log_sum_exp)(const float *x, size_t n);

  /// The Kullback-Leibler divergence of two rows of logits in nats, in double throughout:
  /// the sum of exp(la) * (la - lb), la = a - lse_a, lb = b - lse_b, with the log_sum_exp of each.
  /// Exactly 0 where both rows and both sums are the same. A term whose exp(la) is 0 counts as 0.
  double (*kl_row)(const float *a, const float *b, size_t n, double lse_a, double lse_b);

  /// dst = gate / (1 + exp(-gate)) * up, to a relative error of 8 u while the factor is normal.
  void (*silu_multiply)(const float *gate, const float *up, size_t n, float *dst);

  /// dst = x / (1 + exp(-x)), to a relative error of 8 u while it is normal.
  void (*silu)(const float *x, size_t n, float *dst);

  /// dst = (up + 1) * gate / (1 + exp(-slope * gate)), where gate counts as at most `limit` and up as
  /// within -limit ... limit; to a relative error of (12 + 2 |slope * gate|) u, |dst| >= 1e-30.
  void (*clamped_swiglu)(const float *gate, const float *up, size_t n, float slope, float limit,
                         float *dst);

  /// dst = 1 / (1 + exp(-x)), to a relative error of 8 u while it is normal.
  void (*sigmoid)(const float *x, size_t n, float *dst);

  /// dst = x where that is above 0, else 0; NaN stays NaN.
  void (*relu)(const float *x, size_t n, float *dst);

  /// dst = x / 2 * (1 + erf(x / sqrt(2))), to 8 u * |x|.
  void (*gelu_erf)(const float *x, size_t n, float *dst);

  /// dst = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))), to 16 u * max(|x|, |dst|).
  void (*gelu_tanh)(const float *x, size_t n, float *dst);

  /// dst = x / sqrt(mean(x^2) + eps) * weight, the mean in double; relative error at most 4 u.
  /// `weight` may be NULL, for 1.
  void (*rms_norm)(const float *x, const float *weight, size_t n, float eps, float *dst);

  /// dst = (x - mean) / sqrt(variance + eps) * weight + bias, mean and variance in double (over n).
  /// `weight` and `bias` may be NULL, for 1 and 0.
  void (*layer_norm)(const float *x, const float *weight, const float *bias, size_t n, float eps,
                     float *dst);

  /// dst = a + b
  void (*add)(const float *a, const float *b, size_t n, float *dst);

  /// dst = a * b
  void (*multiply)(const float *a, const float *b, size_t n, float *dst);

  /// dst = factor * x
  void (*scale)(const float *x, size_t n, float factor, float *dst);

  /// dst = factor * x + b; product and sum round separately.
  void (*scale_add)(const float *x, const float *b, size_t n, float factor, float *dst);

  /// dst = factor * x + addend; product and sum round separately.
  void (*affine)(const float *x, size_t n, float factor, float addend, float *dst);

  /// dst = x where that is at most `limit`, else `limit`; NaN stays NaN.
  void (*at_most)(const float *x, size_t n, float limit, float *dst);

  /// dst = x limited to -limit ... limit; NaN stays NaN.
  void (*clamp)(const float *x, size_t n, float limit, float *dst);

  /// dst = cap * tanh(scale * x / cap), to a relative error of 8 u; `cap` above 0.
  void (*soft_cap)(const float *x, size_t n, float scale, float cap, float *dst);

  /// Rotates the pairs (x[i], x[i + half]) by the angle whose cosine and sine are cos[i], sin[i]:
  /// rotary position embedding in the layout of Transformers. Products and sums round separately,
  /// as there.
  void (*rotate_half)(float *x, const float *cos, const float *sin, size_t half);

  /// Sum of a * b, in float lanes; error at most (n / 16 + 16) u times the sum of |a * b|.
  float (*dot)(const float *a, const float *b, size_t n);

  /// The place of the largest x, the first of equals. NaN counts as smaller than anything; 0 where
  /// n is 0 or there is nothing but NaN.
  size_t (*argmax)(const float *x, size_t n);
} halftone_math;

/// The functions for one instruction set, or NULL where this build or this processor lacks it.
const halftone_math *halftone_math_for(halftone_isa isa);

/// The variant that halftone_kernels_active() chose, or NULL where that is NULL.
const halftone_math *halftone_math_active(void);

#endif
