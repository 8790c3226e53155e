// SPDX-License-Identifier: Apache-2.0

#include "comparison.h"

#include <stddef.h>
#include <stdio.h>

/// What the blocks of quantize_nf4_bf16 must divide.
#define HALFTONE_LONGEST_RUN 4096

enum family {
  WIDEN, NARROW, ABSMAX, MINMAX, ENCODE_FLOAT4, ENCODE_INT8, ENCODE_UINT4,
  DECODE_LOOKUP4, DECODE_INT8, DECODE_UINT4, ENCODE_AFFINE, DECODE_AFFINE, UNPACK, QUANTIZE, ERROR_SUMS, CRC32C, SPLIT, JOIN,
};

static const struct {
  const char *name;
  enum family family;
  size_t member;      // where the function is in the table
  size_t width;       // bytes of an element, for planes
} kernels[] = {
#define KERNEL(family, name, width) {#name, family, offsetof(halftone_kernels, name), width}
    KERNEL(WIDEN, widen_bf16, 2), KERNEL(WIDEN, widen_f16, 2),
    KERNEL(NARROW, narrow_bf16, 4), KERNEL(NARROW, narrow_f16, 4),
    KERNEL(ABSMAX, absmax, 4), KERNEL(MINMAX, minmax, 4),
    KERNEL(ENCODE_FLOAT4, encode_nf4, 4), KERNEL(ENCODE_FLOAT4, encode_fp4, 4),
    KERNEL(ENCODE_INT8, encode_int8, 4), KERNEL(ENCODE_UINT4, encode_uint4, 4),
    KERNEL(DECODE_LOOKUP4, decode_lookup4, 1), KERNEL(DECODE_INT8, decode_int8, 1),
    KERNEL(DECODE_UINT4, decode_uint4, 1), KERNEL(QUANTIZE, quantize_nf4_bf16, 2),
    KERNEL(ENCODE_AFFINE, encode_affine, 4), KERNEL(DECODE_AFFINE, decode_affine, 1),
    KERNEL(UNPACK, unpack, 1),
    KERNEL(ERROR_SUMS, error_sums, 4),
    KERNEL(CRC32C, crc32c, 1),
    KERNEL(SPLIT, split_planes2, 2), KERNEL(JOIN, join_planes2, 2),
    KERNEL(SPLIT, split_planes4, 4), KERNEL(JOIN, join_planes4, 4),
};

const char *kernel_comparison_name(size_t index) {
  return index < sizeof kernels / sizeof kernels[0] ? kernels[index].name : NULL;
}

void comparison_count(kernel_comparison *result, int agrees, const char *kernel, size_t n,
                      size_t block, int kind, int factors) {
  result->cases++;
  if (agrees || result->mismatches++ > 0) return;
  snprintf(result->first, sizeof result->first,
           "%s: n %zu, block %zu, weights of kind %d, factors of kind %d", kernel, n, block, kind,
           factors);
}

/// Calls the function of that index, which has the type of the member `like`.
#define CALL(like, k, arguments)                                                                   \
  (*(__typeof__(((halftone_kernels *)0)->like) *)((const char *)(k) + kernels[index].member))      \
      arguments

static void compare_conversion(size_t index, const halftone_kernels *k[2], size_t n,
                               kernel_comparison *result) {
  float *src = malloc(4 * n + 4);
  for (int kind = 0; kind < WEIGHT_KINDS; kind++) {
    comparison_fill_weights((enum weight_kind)kind, 1, n, src);
    int widens = kernels[index].family == WIDEN;
    destinations d = destinations_make(widens ? 4 * n : 2 * n);
    for (int side = 0; side < 2; side++) {
      if (widens) {
        // Any bits are halves; of narrower ones the upper halves are the interesting ones.
        CALL(widen_f16, k[side], ((const uint16_t *)src, n, destination(d, side)));
      } else {
        CALL(narrow_f16, k[side], (src, n, destination(d, side)));
      }
    }
    comparison_count(result, destinations_agree(d, 0), kernels[index].name, n, 0, kind, 0);
  }
  free(src);
}

static void compare_scales(size_t index, const halftone_kernels *k[2], size_t n, size_t block,
                           kernel_comparison *result) {
  float *src = malloc(4 * n + 4);
  size_t blocks = n / block + (n % block != 0);
  for (int kind = 0; kind < WEIGHT_KINDS; kind++) {
    comparison_fill_weights((enum weight_kind)kind, 2, n, src);
    destinations low = destinations_make(4 * blocks), high = destinations_make(4 * blocks);
    int found[2];
    for (int side = 0; side < 2; side++) {
      if (kernels[index].family == ABSMAX) {
        found[side] = CALL(absmax, k[side], (src, n, block, destination(high, side)));
      } else {
        found[side] = CALL(minmax, k[side], (src, n, block, destination(low, side),
                                             destination(high, side)));
      }
    }
    int agrees = destinations_agree(low, 0) & destinations_agree(high, 0);
    comparison_count(result, agrees & (found[0] == found[1]), kernels[index].name, n, block, kind,
                     0);
  }
  free(src);
}

static void compare_encoding(size_t index, const halftone_kernels *k[2], size_t n, size_t block,
                             kernel_comparison *result) {
  size_t blocks = n / block + (n % block != 0);
  float *src = malloc(4 * n + 4);
  float *factors = malloc(4 * blocks + 4), *zeros = malloc(4 * blocks + 4);
  enum family family = kernels[index].family;
  float numerator = family == ENCODE_FLOAT4 ? 0 : family == ENCODE_INT8 ? 127 : 7.5f;
  for (size_t b = 0; b < blocks; b++) zeros[b] = (float)((int)(b * 7 % 23) - 3);
  for (int kind = 0; kind < WEIGHT_KINDS; kind++) {
    comparison_fill_weights((enum weight_kind)kind, 3, n, src);
    for (int choice = 0; choice < FACTOR_KINDS; choice++) {
      comparison_fill_factors((enum factor_kind)choice, numerator, src, n, block, k[1], factors);
      destinations d = destinations_make(family == ENCODE_INT8 ? n : (n + 1) / 2);
      for (int side = 0; side < 2; side++) {
        void *codes = destination(d, side);
        if (family == ENCODE_FLOAT4) CALL(encode_nf4, k[side], (src, n, block, factors, codes));
        if (family == ENCODE_INT8) CALL(encode_int8, k[side], (src, n, block, factors, codes));
        if (family == ENCODE_UINT4) {
          CALL(encode_uint4, k[side], (src, n, block, factors, zeros, codes));
        }
      }
      comparison_count(result, destinations_agree(d, 0), kernels[index].name, n, block, kind,
                       choice);
    }
  }
  free(src);
  free(factors);
  free(zeros);
}

static void compare_decoding(size_t index, const halftone_kernels *k[2], size_t n, size_t block,
                             kernel_comparison *result) {
  size_t blocks = n / block + (n % block != 0);
  enum family family = kernels[index].family;
  uint8_t *codes = malloc(n + 1);
  float *scales = malloc(4 * blocks + 4), *zeros = malloc(4 * blocks + 4), table[16];
  uint64_t state = n;
  for (size_t i = 0; i < n; i++) codes[i] = (uint8_t)comparison_random(&state);
  for (int kind = 0; kind < WEIGHT_KINDS; kind++) {
    comparison_fill_weights((enum weight_kind)kind, 4, blocks, scales);
    comparison_fill_weights((enum weight_kind)kind, 5, 16, table);
    comparison_fill_weights(HALVES, 6, blocks, zeros);
    destinations d = destinations_make(4 * n);
    for (int side = 0; side < 2; side++) {
      float *dst = destination(d, side);
      if (family == DECODE_LOOKUP4) {
        CALL(decode_lookup4, k[side], (codes, n, block, table, scales, dst));
      }
      if (family == DECODE_INT8) {
        CALL(decode_int8, k[side], ((const int8_t *)codes, n, block, scales, dst));
      }
      if (family == DECODE_UINT4) {
        CALL(decode_uint4, k[side], (codes, n, block, scales, zeros, dst));
      }
    }
    comparison_count(result, destinations_agree(d, 1), kernels[index].name, n, block, kind, 0);
  }
  free(codes);
  free(scales);
  free(zeros);
}

static const int affine_bits[] = {2, 3, 4, 5, 6, 8};

/// Both directions; the factors of encoding are steps, as the weights' own largest magnitude gives them.
static void compare_affine(size_t index, const halftone_kernels *k[2], size_t n, size_t block,
                           kernel_comparison *result) {
  size_t blocks = n / block + (n % block != 0);
  float *src = malloc(4 * n + 4), *scales = malloc(4 * blocks + 4), *biases = malloc(4 * blocks + 4);
  uint8_t *codes = malloc(n + 1);
  uint64_t state = n + block;
  for (size_t i = 0; i < n; i++) codes[i] = (uint8_t)comparison_random(&state);
  for (int kind = 0; kind < WEIGHT_KINDS; kind++) {
    for (size_t width = 0; width < sizeof affine_bits / sizeof affine_bits[0]; width++) {
      int bits = affine_bits[width], encodes = kernels[index].family == ENCODE_AFFINE;
      comparison_fill_weights((enum weight_kind)kind, 10, n, src);
      comparison_fill_weights((enum weight_kind)kind, 11, blocks, biases);
      k[1]->absmax(src, n, block, scales);
      for (size_t b = 0; b < blocks; b++) scales[b] *= (b % 2 ? 2.0f : -2.0f) / (float)(1 << bits);
      destinations d = destinations_make(encodes ? (n * (size_t)bits + 7) / 8 : 4 * n);
      for (int side = 0; side < 2; side++) {
        void *out = destination(d, side);
        if (encodes) {
          CALL(encode_affine, k[side], (src, n, block, bits, scales, biases, out));
        } else {
          CALL(decode_affine, k[side], (codes, n, block, bits, scales, biases, out));
        }
      }
      comparison_count(result, destinations_agree(d, !encodes), kernels[index].name, n, block, kind,
                       bits);
    }
  }
  free(src);
  free(scales);
  free(biases);
  free(codes);
}

static int same_double(double a, double b) {
  return memcmp(&a, &b, sizeof a) == 0 || (a != a && b != b);
}

int comparison_same_sums(const halftone_error_sums *a, const halftone_error_sums *b) {
  return same_double(a->xx, b->xx) & same_double(a->yy, b->yy) & same_double(a->ee, b->ee) &
         same_double((double)a->max_absolute, (double)b->max_absolute);
}

static void compare_error_sums(const halftone_kernels *k[2], size_t n, kernel_comparison *result) {
  float *x = malloc(4 * n + 4), *y = malloc(4 * n + 4);
  for (int kind = 0; kind < WEIGHT_KINDS; kind++) {
    comparison_fill_weights((enum weight_kind)kind, 7, n, x);
    comparison_fill_weights((enum weight_kind)kind, 8, n, y);
    halftone_error_sums sums[2];
    for (int side = 0; side < 2; side++) {
      sums[side] = (halftone_error_sums){1, 2, 3, 0.125f};
      k[side]->error_sums(x, y, n, &sums[side]);
    }
    int agrees = comparison_same_sums(&sums[0], &sums[1]);
    comparison_count(result, agrees, "error_sums", n, 0, kind, 0);
  }
  free(x);
  free(y);
}

/// Where a weight is not finite only that is compared.
static void compare_quantizing(const halftone_kernels *k[2], size_t n, size_t block,
                               kernel_comparison *result) {
  size_t blocks = n / block + (n % block != 0);
  float *weights = malloc(4 * n + 4);
  uint16_t *src = malloc(2 * n + 2);
  for (int kind = 0; kind < WEIGHT_KINDS; kind++) {
    comparison_fill_weights((enum weight_kind)kind, 9, n, weights);
    k[1]->narrow_bf16(weights, n, src);
    destinations maxima = destinations_make(4 * blocks), codes = destinations_make((n + 1) / 2);
    halftone_error_sums sums[2];
    int found[2];
    for (int side = 0; side < 2; side++) {
      sums[side] = (halftone_error_sums){1, 2, 3, 0.125f};
      found[side] = k[side]->quantize_nf4_bf16(src, n, block, destination(maxima, side),
                                               destination(codes, side), &sums[side]);
    }
    int agrees = destinations_agree(maxima, 0) & destinations_agree(codes, 0);
    agrees &= comparison_same_sums(&sums[0], &sums[1]);
    agrees = found[0] == found[1] && (found[0] || agrees);
    comparison_count(result, agrees, "quantize_nf4_bf16", n, block, kind, 0);
  }
  free(weights);
  free(src);
}

static void compare_bytes(size_t index, const halftone_kernels *k[2], size_t n,
                          kernel_comparison *result) {
  size_t width = kernels[index].width, count = n * width;
  uint64_t state = n;
  for (size_t offset = 0; offset < 8; offset++) {
    uint8_t *memory = malloc(count + offset + 1);
    uint8_t *src = memory + offset;
    for (size_t i = 0; i < count; i++) src[i] = (uint8_t)comparison_random(&state);
    int agrees = 1;
    if (kernels[index].family == CRC32C) {
      uint32_t before = comparison_random(&state);
      agrees = k[0]->crc32c(before, src, count) == k[1]->crc32c(before, src, count);
    } else {
      destinations d = destinations_make(count);
      for (int side = 0; side < 2; side++) {
        CALL(split_planes2, k[side], (src, n, destination(d, side)));
      }
      agrees = destinations_agree(d, 0);
    }
    comparison_count(result, agrees, kernels[index].name, n, 0, (int)offset, 0);
    free(memory);
  }
}

static void compare_at(size_t index, const halftone_kernels *k[2], size_t n, size_t block,
                       kernel_comparison *result) {
  switch (kernels[index].family) {
    case ABSMAX:
    case MINMAX:
      compare_scales(index, k, n, block, result);
      break;
    case ENCODE_FLOAT4:
    case ENCODE_INT8:
    case ENCODE_UINT4:
      compare_encoding(index, k, n, block, result);
      break;
    case DECODE_LOOKUP4:
    case DECODE_INT8:
    case DECODE_UINT4:
      compare_decoding(index, k, n, block, result);
      break;
    case ENCODE_AFFINE:
    case DECODE_AFFINE:
      compare_affine(index, k, n, block, result);
      break;
    case QUANTIZE:
      if (HALFTONE_LONGEST_RUN % block == 0) compare_quantizing(k, n, block, result);
      break;
    default:
      break;
  }
}

kernel_comparison kernel_compare(size_t index, const halftone_kernels *candidate,
                                 const halftone_kernels *reference) {
  const halftone_kernels *k[2] = {candidate, reference};
  kernel_comparison result = {0};
  for (size_t l = 0; l < comparison_length_count; l++) {
    size_t n = comparison_lengths[l];
    switch (kernels[index].family) {
      case WIDEN:
      case NARROW:
        compare_conversion(index, k, n, &result);
        break;
      case ERROR_SUMS:
        compare_error_sums(k, n, &result);
        break;
      case CRC32C:
        // Long enough for several rounds of three streams, and every short length.
        compare_bytes(index, k, 9 * n, &result);
        compare_bytes(index, k, n, &result);
        break;
      case UNPACK:
        for (int side = 0; side < 2; side++) comparison_unpack(k[side], n, &result);
        break;
      case SPLIT:
      case JOIN:
        compare_bytes(index, k, n, &result);
        break;
      default:
        for (size_t b = 0; b < comparison_block_count; b++) {
          compare_at(index, k, n, comparison_blocks[b], &result);
        }
    }
  }
  return result;
}
