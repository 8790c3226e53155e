// SPDX-License-Identifier: Apache-2.0

#include "comparison.h"

#include <math.h>
#include <stddef.h>

static const struct {
  const char *name;
  size_t member;   // where the function is in the table
  size_t weights;  // weights and bytes of a block
  size_t bytes;
} encoders[] = {
#define ENCODER(name, weights, bytes) {#name, offsetof(halftone_block_encoders, name), weights, bytes}
    ENCODER(q4_0, 32, 18),   ENCODER(q4_1, 32, 20),   ENCODER(q5_0, 32, 22),
    ENCODER(q5_1, 32, 24),   ENCODER(q8_0, 32, 34),   ENCODER(iq4_nl, 32, 18),
    ENCODER(mxfp4, 32, 17),  ENCODER(q2_k, 256, 84),  ENCODER(q3_k, 256, 110),
    ENCODER(q4_k, 256, 144), ENCODER(q5_k, 256, 176), ENCODER(q6_k, 256, 210),
    ENCODER(iq4_xs, 256, 136),
};

const char *encoder_comparison_name(size_t index) {
  return index < sizeof encoders / sizeof encoders[0] ? encoders[index].name : NULL;
}

static halftone_encode_blocks *encoder(const halftone_block_encoders *table, size_t index) {
  halftone_encode_blocks *function;
  memcpy(&function, (const char *)table + encoders[index].member, sizeof function);
  return function;
}

/// Forgets blocks whose scale overflows, in which NaN takes the place of what is stored.
static void forget_overflow(size_t index, size_t blocks, uint8_t *bytes, float *restored) {
  for (size_t b = 0; b < blocks; b++) {
    int is_finite = 1;
    float *block = restored + b * encoders[index].weights;
    for (size_t i = 0; i < encoders[index].weights; i++) is_finite &= isfinite(block[i]) != 0;
    if (is_finite) continue;
    memset(bytes + b * encoders[index].bytes, 0, encoders[index].bytes);
    for (size_t i = 0; i < encoders[index].weights; i++) block[i] = NAN;
  }
}

kernel_comparison encoder_compare(size_t index, const halftone_block_encoders *candidate,
                                  const halftone_block_encoders *reference) {
  const halftone_block_encoders *tables[2] = {candidate, reference};
  static const size_t counts[] = {0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 24, 33, 128};
  kernel_comparison result = {0};
  for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
    size_t blocks = counts[c], n = blocks * encoders[index].weights;
    float *src = malloc(4 * n + 4);
    // Weights that are not finite mean nothing.
    for (int kind = 0; kind < ANY_BITS; kind++) {
      comparison_fill_weights((enum weight_kind)kind, 3 + c, n, src);
      destinations bytes = destinations_make(blocks * encoders[index].bytes);
      destinations restored = destinations_make(4 * n);
      for (int side = 0; side < 2; side++) {
        encoder(tables[side], index)(src, blocks, destination(bytes, side),
                                     destination(restored, side));
        forget_overflow(index, blocks, destination(bytes, side), destination(restored, side));
      }
      int agrees = destinations_agree(bytes, 0);
      agrees &= destinations_agree(restored, 1);
      comparison_count(&result, agrees, encoders[index].name, n, encoders[index].weights, kind, 0);
    }
    free(src);
  }
  return result;
}

static const struct {
  const char *name;
  size_t member;
  size_t bytes;  // of a block of 32 weights
} quantizers[] = {
    {"quantize_q4_0_bf16", offsetof(halftone_block_encoders, quantize_q4_0_bf16), 18},
    {"quantize_q8_0_bf16", offsetof(halftone_block_encoders, quantize_q8_0_bf16), 34},
};

const char *quantizer_comparison_name(size_t index) {
  return index < sizeof quantizers / sizeof quantizers[0] ? quantizers[index].name : NULL;
}

static halftone_quantize_blocks *quantizer(const halftone_block_encoders *table, size_t index) {
  halftone_quantize_blocks *function;
  memcpy(&function, (const char *)table + quantizers[index].member, sizeof function);
  return function;
}

/// Weights of a kind in bf16; of magnitudes that a block's scale can have unless `overflows`.
static void fill_bf16(enum weight_kind kind, uint64_t seed, size_t n, int overflows, float *weights,
                      uint16_t *dst) {
  comparison_fill_weights(kind, seed, n, weights);
  for (size_t i = 0; i < n; i++) {
    if (!overflows && fabsf(weights[i]) > 4e5f) weights[i] = weights[i] > 0 ? 1 : -1;
  }
  halftone_kernels_for(HALFTONE_ISA_SCALAR)->narrow_bf16(weights, n, dst);
}

kernel_comparison quantizer_compare(size_t index, const halftone_block_encoders *candidate,
                                    const halftone_block_encoders *reference) {
  const halftone_block_encoders *tables[2] = {candidate, reference};
  // Up to whole chunks of 128 blocks, and more or less of the last.
  static const size_t counts[] = {0, 1, 7, 8, 9, 127, 128, 129, 136, 255, 256, 384, 400};
  kernel_comparison result = {0};
  for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
    size_t blocks = counts[c], n = 32 * blocks;
    float *weights = malloc(4 * n + 4);
    uint16_t *src = malloc(2 * n + 2);
    for (int kind = 0; kind < 2 * WEIGHT_KINDS; kind++) {
      fill_bf16((enum weight_kind)(kind / 2), 12 + c, n, kind % 2, weights, src);
      destinations bytes = destinations_make(blocks * quantizers[index].bytes);
      halftone_error_sums sums[2];
      int found[2];
      for (int side = 0; side < 2; side++) {
        sums[side] = (halftone_error_sums){1, 2, 3, 0.125f};
        found[side] =
            quantizer(tables[side], index)(src, blocks, destination(bytes, side), &sums[side]);
      }
      int agrees = found[0] == found[1];
      // Where a weight or a scale is not finite only that is compared.
      if (found[1]) memcpy(destination(bytes, 0), destination(bytes, 1), bytes.count);
      agrees &= destinations_agree(bytes, 0);
      agrees &= found[1] || comparison_same_sums(&sums[0], &sums[1]);
      comparison_count(&result, agrees, quantizers[index].name, n, 32, kind, 0);
    }
    free(weights);
    free(src);
  }
  return result;
}
