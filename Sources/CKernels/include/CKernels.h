// SPDX-License-Identifier: Apache-2.0
//
// The kernels: the only code that depends on the processor.
//
// The portable C of each kernel (`*_scalar.c`) is its definition. A variant for an instruction set
// gives bit-identical results for every input, length and alignment; `KernelTests` walks them all.
// Pointers need no alignment beyond their element's; source and destination do not overlap.
// `n` counts weights. Blocks are runs of `block` consecutive weights; the last one may be shorter,
// so there are ceil(n / block) of them. `block` is at least 1 and need not be a power of two.
// Four-bit codes: of each byte the first weight is the HIGH nibble; where n is odd the last low
// nibble holds the code of weight 0.0.

#ifndef HALFTONE_CKERNELS_H
#define HALFTONE_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

/// NF4's 16 values, by code; see formats/encodings.md.
extern const float halftone_nf4_codebook[16];

/// Sums over pairs of a weight x and its restored value y, in double precision.
///
/// The order of summation is part of the contract, so that statistics do not depend on the
/// instruction set: each call cuts its input into chunks of 4096 weights; in a chunk, 16 float
/// lanes (weight i goes to lane i mod 16) add up by fused multiply-add, lane = fma(x, x, lane), and
/// the lanes are then added to the double in ascending lane order.
typedef struct halftone_error_sums {
  double xx;            ///< sum of x * x
  double yy;            ///< sum of y * y
  double ee;            ///< sum of (x - y) * (x - y)
  float max_absolute;   ///< largest |x - y|
} halftone_error_sums;

typedef enum halftone_isa {
  HALFTONE_ISA_SCALAR = 0,
  HALFTONE_ISA_AVX2 = 1,
  HALFTONE_ISA_AVX512 = 2,
  HALFTONE_ISA_NEON = 3,
} halftone_isa;

typedef struct halftone_kernels {
  const char *name;  ///< "scalar", "avx2", "avx512" or "neon"

  // Conversion. Narrowing rounds to nearest even; NaN stays NaN (quiet), overflow gives infinity.
  void (*widen_bf16)(const uint16_t *src, size_t n, float *dst);
  void (*widen_f16)(const uint16_t *src, size_t n, float *dst);
  void (*narrow_bf16)(const float *src, size_t n, uint16_t *dst);
  void (*narrow_f16)(const float *src, size_t n, uint16_t *dst);

  // Scales.

  /// Largest magnitude of each block. Returns 1 if any weight is NaN or infinite, else 0.
  int (*absmax)(const float *src, size_t n, size_t block, float *maxima);
  /// Smallest and largest weight of each block. Returns 1 if any weight is NaN or infinite, else 0.
  int (*minmax)(const float *src, size_t n, size_t block, float *minima, float *maxima);

  // Encoding.

  /// NF4: y = x * (1.0f / absmax[b]); code = how many of the 15 thresholds are < y.
  /// A block whose absmax is 0 gets code 7 (the value 0) throughout.
  void (*encode_nf4)(const float *src, size_t n, size_t block, const float *absmax,
                     uint8_t *codes);
  /// FP4: y as above; magnitude step = how many of the 7 thresholds are < |y|, bit 3 = (y < 0).
  /// A block whose absmax is 0 gets code 0 throughout.
  void (*encode_fp4)(const float *src, size_t n, size_t block, const float *absmax,
                     uint8_t *codes);
  /// code = rint(x * multipliers[b]) clamped to -127...127, halves to even.
  void (*encode_int8)(const float *src, size_t n, size_t block, const float *multipliers,
                      int8_t *codes);
  /// code = rint(x * multipliers[b]) + zeros[b] clamped to 0...15, halves to even; zeros are whole.
  void (*encode_uint4)(const float *src, size_t n, size_t block, const float *multipliers,
                       const float *zeros, uint8_t *codes);

  /// The usual case in one pass: widens bf16 weights, and does what absmax, encode_nf4,
  /// decode_lookup4 with NF4's codebook and error_sums do one after the other, with the same results.
  /// `block` must divide 4096. Returns 1 if any weight is NaN or infinite, and then what it stored
  /// means nothing.
  int (*quantize_nf4_bf16)(const uint16_t *src, size_t n, size_t block, float *absmax,
                           uint8_t *codes, halftone_error_sums *sums);

  // Decoding.

  /// dst = table[code] * scales[b]
  void (*decode_lookup4)(const uint8_t *codes, size_t n, size_t block, const float *table,
                         const float *scales, float *dst);
  /// dst = (float)code * scales[b]
  void (*decode_int8)(const int8_t *codes, size_t n, size_t block, const float *scales, float *dst);
  /// dst = ((float)code - zeros[b]) * scales[b]
  void (*decode_uint4)(const uint8_t *codes, size_t n, size_t block, const float *scales,
                       const float *zeros, float *dst);

  // Codes of 1 to 8 bits, one after the other from each byte's LOW bits on; what is left of
  // the last byte is 0.

  /// code = rint((x - biases[b]) / scales[b]) clamped to 0...2^bits - 1, halves to even.
  void (*encode_affine)(const float *src, size_t n, size_t block, int bits, const float *scales,
                        const float *biases, uint8_t *codes);
  /// dst = (float)code * scales[b] + biases[b], each operation rounded.
  void (*decode_affine)(const uint8_t *codes, size_t n, size_t block, int bits, const float *scales,
                        const float *biases, float *dst);

  /// Adds the sums over n pairs to `sums`; see halftone_error_sums for the order.
  void (*error_sums)(const float *x, const float *y, size_t n, halftone_error_sums *sums);

  // Bytes.

  /// CRC-32C (Castagnoli, reflected 0x82F63B78), continued: start with 0, pass the last result on.
  uint32_t (*crc32c)(uint32_t crc, const void *bytes, size_t count);
  /// Element e's byte p goes to dst[p * elements + e], for elements of 2 bytes.
  void (*split_planes2)(const uint8_t *src, size_t elements, uint8_t *dst);
  /// The inverse of split_planes2.
  void (*join_planes2)(const uint8_t *src, size_t elements, uint8_t *dst);
  /// The same for elements of 4 bytes.
  void (*split_planes4)(const uint8_t *src, size_t elements, uint8_t *dst);
  void (*join_planes4)(const uint8_t *src, size_t elements, uint8_t *dst);

  // Codes of a few bits, packed as those of encode_affine.

  /// Gives codes of 2 to 7 bits as signed bytes: code - zero, with `zero` from 0 to 128; or table[code],
  /// where `table` has the bytes of the 16 codes of up to four bits, and is not NULL.
  void (*unpack)(const uint8_t *codes, size_t n, int bits, int zero, const int8_t *table,
                 int8_t *dst);
} halftone_kernels;

/// The kernels for one instruction set, or NULL where this build or this processor lacks it.
const halftone_kernels *halftone_kernels_for(halftone_isa isa);

/// The widest set that this processor has, or the one that HALFTONE_ISA names
/// (scalar, avx2, avx512, neon). NULL if HALFTONE_ISA names one that is unknown or not available.
/// Chosen at the first call; later calls cost one load.
const halftone_kernels *halftone_kernels_active(void);

/// Reads a byte of every 64 KiB and the last one, so that the system maps a file's pages, which it does
/// 16 at a time: a prefetch of a page that is not mapped does nothing.
static inline void halftone_touch(const void *bytes, size_t count) {
  const volatile uint8_t *p = (const volatile uint8_t *)bytes;
  for (size_t i = 0; i < count; i += 1 << 16) (void)p[i];
  if (count > 0) (void)p[count - 1];
}

/// Asks the memory for bytes that will be read soon; nothing depends on it, so they may be anywhere.
static inline void halftone_prefetch(const void *bytes, size_t count) {
  const char *p = (const char *)bytes;
  for (size_t i = 0; i < count; i += 64) __builtin_prefetch(p + i, 0, 2);
}

/// The CRC-32C of two runs of bytes one after the other, from the CRC of each; O(log second_count).
uint32_t halftone_crc32c_combine(uint32_t first, uint32_t second, uint64_t second_count);

#include "kernel_selection.h"
#include "group_kernels.h"
#include "heap.h"
#include "grid_kernels.h"
#include "math_kernels.h"
#include "packed_codes.h"
#include "product_kernels.h"
#include "block_kernels.h"
#include "spin.h"

#endif
