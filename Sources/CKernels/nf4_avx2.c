// SPDX-License-Identifier: Apache-2.0
//
// The usual case, blocks of 64, fused: a weight is widened in a register, and its code is looked up again
// before it is packed, so that nothing but the results is stored. Whatever is not a whole chunk of such
// blocks, or has a block of zeros, goes through the chain of kernels.

#include "nf4_chain.h"

#if defined(__x86_64__)
#include "kernels_x86.h"
#include "error_lanes.h"
#include "search_avx2.h"

static HALFTONE_DEFINE_NF4_CHAIN(chain, avx2)

HALFTONE_BEGIN_AVX2

enum { block_size = 64, block_count = HALFTONE_SUM_CHUNK / block_size };

/// The largest magnitude of 64 bf16 weights, as bf16 bits: magnitudes order as integers do.
static inline uint16_t largest_magnitude(const uint16_t *src) {
  const __m256i mask = _mm256_set1_epi16(0x7FFF);
  const __m256i *p = (const __m256i *)src;
  __m256i a = _mm256_and_si256(_mm256_loadu_si256(p), mask);
  __m256i b = _mm256_and_si256(_mm256_loadu_si256(p + 1), mask);
  __m256i c = _mm256_and_si256(_mm256_loadu_si256(p + 2), mask);
  __m256i d = _mm256_and_si256(_mm256_loadu_si256(p + 3), mask);
  __m256i m = _mm256_max_epu16(_mm256_max_epu16(a, b), _mm256_max_epu16(c, d));
  __m128i half = _mm_max_epu16(_mm256_castsi256_si128(m), _mm256_extracti128_si256(m, 1));
  // Minpos finds a minimum; of the complements that is the maximum.
  __m128i least = _mm_minpos_epu16(_mm_xor_si128(half, _mm_set1_epi16(-1)));
  return (uint16_t)~_mm_extract_epi16(least, 0);
}

/// The absolute maxima of a chunk. Returns the largest of them as bf16 bits, or 0 if any is 0.
static inline uint16_t chunk_maxima(const uint16_t *src, float *absmax) {
  uint16_t largest = 0, smallest = 0xFFFF;
  for (size_t b = 0; b < block_count; b++) {
    uint16_t bits = largest_magnitude(src + b * block_size);
    largest = bits > largest ? bits : largest;
    smallest = bits < smallest ? bits : smallest;
    absmax[b] = halftone_float((uint32_t)bits << 16);
  }
  return smallest == 0 ? 0 : largest;
}

typedef struct chunk_sums {
  __m256 xx[2], yy[2], ee[2], largest[2];
} chunk_sums;

/// The codebook by bytes: plane p has byte p of each of the 16 values, twice.
static inline void load_planes(__m256i planes[4]) {
  uint8_t bytes[4][16];
  for (int code = 0; code < 16; code++) {
    uint32_t bits = halftone_bits(halftone_nf4_codebook[code]);
    for (int p = 0; p < 4; p++) bytes[p][code] = (uint8_t)(bits >> (8 * p));
  }
  for (int p = 0; p < 4; p++) {
    planes[p] = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)bytes[p]));
  }
}

/// The values of 32 codes in the order of negated_bytes. Interleaving undoes the packing, so the four
/// vectors come out in the order of the weights. Byte shuffles and interleaves are one instruction of
/// the processor each, where a permutation across lanes is two.
static inline void look_up(__m256i codes, const __m256i planes[4], __m256 value[4]) {
  __m256i p0 = _mm256_shuffle_epi8(planes[0], codes), p1 = _mm256_shuffle_epi8(planes[1], codes);
  __m256i p2 = _mm256_shuffle_epi8(planes[2], codes), p3 = _mm256_shuffle_epi8(planes[3], codes);
  __m256i low_ab = _mm256_unpacklo_epi8(p0, p1), high_ab = _mm256_unpacklo_epi8(p2, p3);
  __m256i low_cd = _mm256_unpackhi_epi8(p0, p1), high_cd = _mm256_unpackhi_epi8(p2, p3);
  value[0] = _mm256_castsi256_ps(_mm256_unpacklo_epi16(low_ab, high_ab));
  value[1] = _mm256_castsi256_ps(_mm256_unpackhi_epi16(low_ab, high_ab));
  value[2] = _mm256_castsi256_ps(_mm256_unpacklo_epi16(low_cd, high_cd));
  value[3] = _mm256_castsi256_ps(_mm256_unpackhi_epi16(low_cd, high_cd));
}

/// Eight bf16 weights.
static inline __m256 load_weights(const uint16_t *src) {
  __m256i words = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)src));
  return _mm256_castsi256_ps(_mm256_slli_epi32(words, 16));
}

/// Codes 32 weights; the bytes are in the order of negated_bytes. A function of its own, so that the
/// thresholds need not share the registers with the sums.
static inline __m256i encode_32(const uint16_t *src, __m256 factor, const nf4_tree *tree) {
  __m256 y[4];
  __m256i root[4], index[4];
  for (int k = 0; k < 4; k++) y[k] = _mm256_mul_ps(load_weights(src + 8 * (size_t)k), factor);
  descend_nf4(y, tree, root, index);
  return negated_bytes(index[0], index[1], index[2], index[3]);
}

static inline void add_32(const uint16_t *src, __m256i codes, __m256 scale,
                          const __m256i planes[4], chunk_sums *s) {
  const __m256 magnitude = _mm256_castsi256_ps(_mm256_set1_epi32(HALFTONE_MAGNITUDE_MASK));
  __m256 value[4];
  look_up(codes, planes, value);
  for (int k = 0; k < 4; k++) {
    __m256 x = load_weights(src + 8 * (size_t)k), y = _mm256_mul_ps(value[k], scale);
    __m256 e = _mm256_sub_ps(x, y);
    s->xx[k & 1] = _mm256_add_ps(s->xx[k & 1], _mm256_mul_ps(x, x));
    s->yy[k & 1] = _mm256_add_ps(s->yy[k & 1], _mm256_mul_ps(y, y));
    s->ee[k & 1] = _mm256_add_ps(s->ee[k & 1], _mm256_mul_ps(e, e));
    s->largest[k & 1] = _mm256_max_ps(_mm256_and_ps(magnitude, e), s->largest[k & 1]);
  }
}

/// How far ahead weights are fetched: computing leaves the memory idle, and what comes after is read
/// for its checksum first, which does not.
enum { prefetch_distance = 1 << 15 };

static void quantize_chunk(const uint16_t *src, const float *absmax, uint8_t *codes,
                           halftone_error_sums *sums) {
  const nf4_tree tree = make_nf4_tree();
  const __m256 zero = _mm256_setzero_ps();
  enum { group = 4 * block_size };
  __m256i planes[4], unpacked[group / 32];
  load_planes(planes);
  chunk_sums s = {{zero, zero}, {zero, zero}, {zero, zero}, {zero, zero}};
  for (size_t start = 0; start < HALFTONE_SUM_CHUNK; start += group) {
    for (size_t i = 0; i < group; i += 32) {
      const __m256 factor =
          _mm256_set1_ps(halftone_normalizer(absmax[(start + i) / block_size]));
      unpacked[i / 32] = encode_32(src + start + i, factor, &tree);
      _mm_storeu_si128((__m128i *)(codes + (start + i) / 2), pair_up(unpacked[i / 32]));
    }
    for (size_t i = 0; i < group; i += 32) {
      _mm_prefetch((const char *)(src + start + i + prefetch_distance), _MM_HINT_T1);
      const __m256 scale = _mm256_set1_ps(absmax[(start + i) / block_size]);
      add_32(src + start + i, unpacked[i / 32], scale, planes, &s);
    }
  }
  error_lanes lanes;
  for (int h = 0; h < 2; h++) {
    _mm256_storeu_ps(lanes.xx + 8 * h, s.xx[h]);
    _mm256_storeu_ps(lanes.yy + 8 * h, s.yy[h]);
    _mm256_storeu_ps(lanes.ee + 8 * h, s.ee[h]);
    _mm256_storeu_ps(lanes.largest + 8 * h, s.largest[h]);
  }
  error_lanes_finish(&lanes, sums);
}

int halftone_quantize_nf4_bf16_avx2(const uint16_t *src, size_t n, size_t block, float *absmax,
                                    uint8_t *codes, halftone_error_sums *sums) {
  size_t start = 0;
  for (; start < n; start += HALFTONE_SUM_CHUNK) {
    size_t count = halftone_smaller(HALFTONE_SUM_CHUNK, n - start);
    float *maxima = absmax + start / block;
    uint16_t largest = 0;
    if (block == block_size && count == HALFTONE_SUM_CHUNK) {
      largest = chunk_maxima(src + start, maxima);
    }
    if (largest >= 0x7F80) return 1;
    if (largest == 0) {
      if (chain(src + start, count, block, maxima, codes + start / 2, sums)) return 1;
    } else {
      quantize_chunk(src + start, maxima, codes + start / 2, sums);
    }
  }
  return 0;
}

HALFTONE_END
#endif
