// SPDX-License-Identifier: Apache-2.0
//
// What the files of this module share: the prototypes of every variant, and the few rules that a
// variant must not restate.
//
// Included first in every file: the pragma below holds to the end of the translation unit. A fused
// a * b + c rounds once where the definition rounds twice, so no compiler may contract one.

#ifndef HALFTONE_KERNELS_INTERNAL_H
#define HALFTONE_KERNELS_INTERNAL_H

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#endif

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "CKernels.h"

/// The prototypes of one variant; the names are those of the table's members.
#define HALFTONE_DECLARE_VARIANT(isa)                                                              \
  void halftone_widen_bf16_##isa(const uint16_t *src, size_t n, float *dst);                       \
  void halftone_widen_f16_##isa(const uint16_t *src, size_t n, float *dst);                        \
  void halftone_narrow_bf16_##isa(const float *src, size_t n, uint16_t *dst);                      \
  void halftone_narrow_f16_##isa(const float *src, size_t n, uint16_t *dst);                       \
  int halftone_absmax_##isa(const float *src, size_t n, size_t block, float *maxima);              \
  int halftone_minmax_##isa(const float *src, size_t n, size_t block, float *minima,               \
                            float *maxima);                                                        \
  void halftone_encode_nf4_##isa(const float *src, size_t n, size_t block, const float *absmax,    \
                                 uint8_t *codes);                                                  \
  void halftone_encode_fp4_##isa(const float *src, size_t n, size_t block, const float *absmax,    \
                                 uint8_t *codes);                                                  \
  void halftone_encode_int8_##isa(const float *src, size_t n, size_t block,                        \
                                  const float *multipliers, int8_t *codes);                        \
  void halftone_encode_uint4_##isa(const float *src, size_t n, size_t block,                       \
                                   const float *multipliers, const float *zeros, uint8_t *codes);  \
  int halftone_quantize_nf4_bf16_##isa(const uint16_t *src, size_t n, size_t block, float *absmax, \
                                       uint8_t *codes, halftone_error_sums *sums);                 \
  void halftone_decode_lookup4_##isa(const uint8_t *codes, size_t n, size_t block,                 \
                                     const float *table, const float *scales, float *dst);         \
  void halftone_decode_int8_##isa(const int8_t *codes, size_t n, size_t block,                     \
                                  const float *scales, float *dst);                                \
  void halftone_decode_uint4_##isa(const uint8_t *codes, size_t n, size_t block,                   \
                                   const float *scales, const float *zeros, float *dst);           \
  void halftone_encode_affine_##isa(const float *src, size_t n, size_t block, int bits,            \
                                    const float *scales, const float *biases, uint8_t *codes);     \
  void halftone_decode_affine_##isa(const uint8_t *codes, size_t n, size_t block, int bits,        \
                                    const float *scales, const float *biases, float *dst);         \
  void halftone_unpack_##isa(const uint8_t *codes, size_t n, int bits, int zero,                   \
                             const int8_t *table, int8_t *dst);                                    \
  void halftone_error_sums_##isa(const float *x, const float *y, size_t n,                         \
                                 halftone_error_sums *sums);                                       \
  uint32_t halftone_crc32c_##isa(uint32_t crc, const void *bytes, size_t count);                   \
  void halftone_split_planes2_##isa(const uint8_t *src, size_t elements, uint8_t *dst);            \
  void halftone_join_planes2_##isa(const uint8_t *src, size_t elements, uint8_t *dst);             \
  void halftone_split_planes4_##isa(const uint8_t *src, size_t elements, uint8_t *dst);            \
  void halftone_join_planes4_##isa(const uint8_t *src, size_t elements, uint8_t *dst);

HALFTONE_DECLARE_VARIANT(scalar)
HALFTONE_DECLARE_VARIANT(avx2)
HALFTONE_DECLARE_VARIANT(avx512)
HALFTONE_DECLARE_VARIANT(neon)

/// The table of one variant, with the CRC of possibly another.
#define HALFTONE_TABLE(isa, crc_isa)                                                               \
  {                                                                                                \
    .name = #isa, .widen_bf16 = halftone_widen_bf16_##isa,                                         \
    .widen_f16 = halftone_widen_f16_##isa, .narrow_bf16 = halftone_narrow_bf16_##isa,              \
    .narrow_f16 = halftone_narrow_f16_##isa, .absmax = halftone_absmax_##isa,                      \
    .minmax = halftone_minmax_##isa, .encode_nf4 = halftone_encode_nf4_##isa,                      \
    .encode_fp4 = halftone_encode_fp4_##isa, .encode_int8 = halftone_encode_int8_##isa,            \
    .encode_uint4 = halftone_encode_uint4_##isa,                                                   \
    .quantize_nf4_bf16 = halftone_quantize_nf4_bf16_##isa,                                         \
    .decode_lookup4 = halftone_decode_lookup4_##isa,                                               \
    .decode_int8 = halftone_decode_int8_##isa, .decode_uint4 = halftone_decode_uint4_##isa,        \
    .encode_affine = halftone_encode_affine_##isa,                                                 \
    .decode_affine = halftone_decode_affine_##isa, .unpack = halftone_unpack_##isa,                \
    .error_sums = halftone_error_sums_##isa, .crc32c = halftone_crc32c_##crc_isa,                  \
    .split_planes2 = halftone_split_planes2_##isa, .join_planes2 = halftone_join_planes2_##isa,    \
    .split_planes4 = halftone_split_planes4_##isa, .join_planes4 = halftone_join_planes4_##isa,    \
  }

/// The same for math_kernels.h.
#define HALFTONE_DECLARE_MATH(isa)                                                                 \
  void halftone_exp_f32_##isa(const float *src, size_t n, float *dst);                             \
  void halftone_softmax_row_##isa(float *x, size_t n, float scale, float sink, float *maximum);    \
  double halftone_log_sum_exp_##isa(const float *x, size_t n);                                     \
  double halftone_kl_row_##isa(const float *a, const float *b, size_t n, double lse_a,             \
                               double lse_b);                                                      \
  void halftone_silu_multiply_##isa(const float *gate, const float *up, size_t n, float *dst);     \
  void halftone_silu_##isa(const float *x, size_t n, float *dst);                                  \
  void halftone_clamped_swiglu_##isa(const float *gate, const float *up, size_t n, float slope,    \
                                     float limit, float *dst);                                     \
  void halftone_sigmoid_##isa(const float *x, size_t n, float *dst);                               \
  void halftone_relu_##isa(const float *x, size_t n, float *dst);                                  \
  void halftone_gelu_erf_##isa(const float *x, size_t n, float *dst);                              \
  void halftone_gelu_tanh_##isa(const float *x, size_t n, float *dst);                             \
  void halftone_rms_norm_##isa(const float *x, const float *weight, size_t n, float eps,           \
                               float *dst);                                                        \
  void halftone_layer_norm_##isa(const float *x, const float *weight, const float *bias, size_t n, \
                                 float eps, float *dst);                                           \
  void halftone_add_##isa(const float *a, const float *b, size_t n, float *dst);                   \
  void halftone_multiply_##isa(const float *a, const float *b, size_t n, float *dst);              \
  void halftone_scale_##isa(const float *x, size_t n, float factor, float *dst);                   \
  void halftone_scale_add_##isa(const float *x, const float *b, size_t n, float factor,            \
                                float *dst);                                                       \
  void halftone_affine_##isa(const float *x, size_t n, float factor, float addend, float *dst);    \
  void halftone_at_most_##isa(const float *x, size_t n, float limit, float *dst);                  \
  void halftone_clamp_##isa(const float *x, size_t n, float limit, float *dst);                    \
  void halftone_soft_cap_##isa(const float *x, size_t n, float scale, float cap, float *dst);      \
  void halftone_rotate_half_##isa(float *x, const float *cos, const float *sin, size_t half);      \
  float halftone_dot_##isa(const float *a, const float *b, size_t n);                              \
  size_t halftone_argmax_##isa(const float *x, size_t n);

HALFTONE_DECLARE_MATH(scalar)
HALFTONE_DECLARE_MATH(avx2)
HALFTONE_DECLARE_MATH(avx512)
HALFTONE_DECLARE_MATH(neon)

#define HALFTONE_MATH_TABLE(isa)                                                                   \
  {                                                                                                \
    .name = #isa, .exp_f32 = halftone_exp_f32_##isa, .softmax_row = halftone_softmax_row_##isa,    \
    .log_sum_exp = halftone_log_sum_exp_##isa, .kl_row = halftone_kl_row_##isa,                    \
    .silu_multiply = halftone_silu_multiply_##isa, .silu = halftone_silu_##isa,                    \
    .clamped_swiglu = halftone_clamped_swiglu_##isa, .sigmoid = halftone_sigmoid_##isa,            \
    .relu = halftone_relu_##isa, .gelu_erf = halftone_gelu_erf_##isa,                              \
    .gelu_tanh = halftone_gelu_tanh_##isa, .rms_norm = halftone_rms_norm_##isa,                    \
    .layer_norm = halftone_layer_norm_##isa, .add = halftone_add_##isa,                            \
    .multiply = halftone_multiply_##isa, .scale = halftone_scale_##isa,                            \
    .scale_add = halftone_scale_add_##isa, .affine = halftone_affine_##isa,                        \
    .at_most = halftone_at_most_##isa, .clamp = halftone_clamp_##isa,                              \
    .soft_cap = halftone_soft_cap_##isa, .rotate_half = halftone_rotate_half_##isa,                \
    .dot = halftone_dot_##isa, .argmax = halftone_argmax_##isa,                                    \
  }

// MARK: - Rules

/// The bits of a float from which on it is infinite or NaN, sign aside.
#define HALFTONE_INFINITY_BITS 0x7F800000u
#define HALFTONE_MAGNITUDE_MASK 0x7FFFFFFFu
/// How many weights go to one chunk of error_sums, and how many lanes add them up.
#define HALFTONE_SUM_CHUNK 4096
#define HALFTONE_SUM_LANES 16
/// CRC-32C's polynomial, bit 31 standing for x^0.
#define HALFTONE_CRC32C_POLYNOMIAL 0x82F63B78u

static inline uint32_t halftone_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static inline float halftone_float(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static inline size_t halftone_smaller(size_t a, size_t b) { return a < b ? a : b; }

/// The factor by which NF4 and FP4 normalize a block. Below 1e-38 (and for NaN) it is 1e38: the
/// reciprocal of a subnormal absmax could be infinite, and bitsandbytes' CPU code has the same rule.
static inline float halftone_normalizer(float absmax) {
  return 1.0f / (absmax > 1e-38f ? absmax : 1e-38f);
}

/// An order of all floats as signed integers: -0 below +0, NaNs beyond the infinities of their sign.
/// It is its own inverse.
static inline int32_t halftone_order(int32_t bits) {
  return bits ^ (int32_t)((uint32_t)(bits >> 31) & HALFTONE_MAGNITUDE_MASK);
}

static inline int halftone_order_is_finite(int32_t smallest, int32_t largest) {
  return largest < 0x7F800000 && smallest > -0x7F800001;
}

// MARK: - Codebooks

/// NF4's 15 decision points, ascending: the float32 midpoints of neighbouring codebook values. As
/// bits, because their decimal forms differ between the places that publish them.
extern const uint32_t halftone_nf4_thresholds[15];
/// FP4's 7 decision points between ascending magnitudes: the literals of bitsandbytes' CUDA kernel,
/// which are not exact midpoints.
extern const uint32_t halftone_fp4_thresholds[7];
/// FP4's code for each step of magnitude.
extern const uint8_t halftone_fp4_codes[8];

// MARK: - CRC-32C

/// a * b modulo the polynomial, both with bit 31 standing for x^0.
uint32_t halftone_crc32c_multiply(uint32_t a, uint32_t b);
/// x^(8 * count) modulo the polynomial.
uint32_t halftone_crc32c_shift(uint64_t count);

#endif
