// SPDX-License-Identifier: Apache-2.0
//
// The usual case, blocks of 64, fused: codes are found among integers, and looked up again before they
// leave the registers. Whatever is not a whole chunk of such
// blocks, or has a block of zeros or of very small or large weights, goes through the chain of kernels.

#include "nf4_chain.h"

#if defined(__x86_64__)
#include "kernels_x86.h"

static HALFTONE_DEFINE_NF4_CHAIN(chain, avx2)

HALFTONE_BEGIN_AVX2

#include "pair_sums_avx2.h"

enum { block_size = 64, block_count = HALFTONE_SUM_CHUNK / block_size };

/// bf16 bits of infinity, of 1, and of the absolute maxima between which scaling by a power of two
/// neither rounds nor overflows anything: 2^-100 and 2^100.
enum {
  INFINITY_BF16 = 0x7F80,
  ONE_BF16 = 0x3F80,
  SMALLEST_SCALED = ONE_BF16 - (100 << 7),
  LARGEST_SCALED = ONE_BF16 + (100 << 7),
};

// MARK: - Decision points in bf16

/// Whether x * (1 / absmax) <= threshold is a question about the bf16 number x alone once absmax is
/// known, and absmax has only 128 mantissas. So the largest x for which it holds is looked up, for
/// absmax in 1...2, and scaled by the exponent: then 16 weights are compared at a time, as integers, and
/// none of them is multiplied. Numbers are kept in an order that compares as int16 does: the magnitude's
/// bits with the number's sign, so that both zeros are 0.
///
/// In a row: the points between eighths, then those between quarters, each ascending; then the middle,
/// and those of the lower and the upper half.
static int16_t decision_points[128][16];
static const uint8_t point_of_column[16] = {0, 2, 4, 6, 8, 10, 12, 14, 1, 5, 9, 13, 7, 3, 11, 7};

static float from_order(int16_t order) {
  uint16_t bits = (uint16_t)(order < 0 ? 0x8000 - order : order);
  return halftone_float((uint32_t)bits << 16);
}

/// Fills the table by asking the rule itself; product and comparison are monotonic in x.
__attribute__((constructor)) static void fill_decision_points(void) {
  for (uint32_t mantissa = 0; mantissa < 128; mantissa++) {
    const float factor = halftone_normalizer(halftone_float((ONE_BF16 + mantissa) << 16));
    for (int column = 0; column < 16; column++) {
      const float threshold = halftone_float(halftone_nf4_thresholds[point_of_column[column]]);
      int low = -0x4200, high = 0x4200;  // -8 and 8: it holds for the first and not for the second
      while (high - low > 1) {
        int middle = (low + high) / 2;
        *(from_order((int16_t)middle) * factor <= threshold ? &low : &high) = middle;
      }
      decision_points[mantissa][column] = (int16_t)low;
    }
  }
}

typedef struct block_points {
  __m256i eighths, quarters, root, left, right;
} block_points;

static inline block_points points_of_block(float absmax) {
  const __m256i signs = _mm256_setr_epi16(-1, -1, -1, -1, 1, 1, 1, 1, -1, -1, 1, 1, 1, -1, 1, 1);
  uint16_t bits = (uint16_t)(halftone_bits(absmax) >> 16);
  __m256i row = _mm256_loadu_si256((const __m256i *)decision_points[bits & 0x7F]);
  __m256i exponent = _mm256_set1_epi16((int16_t)((bits & 0x7F80) - ONE_BF16));
  row = _mm256_add_epi16(row, _mm256_sign_epi16(exponent, signs));
  __m256i high = _mm256_permute4x64_epi64(row, 0xEE);
  return (block_points){
      .eighths = _mm256_permute4x64_epi64(row, 0x44),
      .quarters = high,
      .root = _mm256_shuffle_epi8(high, _mm256_set1_epi16(0x0908)),
      .left = _mm256_shuffle_epi8(high, _mm256_set1_epi16(0x0B0A)),
      .right = _mm256_shuffle_epi8(high, _mm256_set1_epi16(0x0D0C)),
  };
}

/// The codes of 16 weights, each in 16 bits.
///
/// Comparing gives minus one, so `index` is minus the part of the code that is known, in both bytes.
static inline __m256i search_16(__m256i weights, const block_points *points) {
  // A point's two bytes are at twice its index and behind.
  const __m256i bytes = _mm256_set1_epi16(0x0100);
  __m256i magnitude = _mm256_and_si256(weights, _mm256_set1_epi16(0x7FFF));
  __m256i x = _mm256_sign_epi16(magnitude, weights);
  __m256i index = _mm256_cmpgt_epi16(x, points->root);
  __m256i half = _mm256_blendv_epi8(points->left, points->right, index);
  index = _mm256_add_epi8(_mm256_add_epi8(index, index), _mm256_cmpgt_epi16(x, half));
  index = _mm256_add_epi8(index, index);
  __m256i quarter = _mm256_shuffle_epi8(points->quarters, _mm256_sub_epi8(bytes, index));
  index = _mm256_add_epi8(index, _mm256_cmpgt_epi16(x, quarter));
  __m256i place = _mm256_sub_epi8(bytes, _mm256_add_epi8(index, index));
  __m256i eighth = _mm256_shuffle_epi8(points->eighths, place);
  // The lower byte of `place` is twice the index already.
  __m256i code = _mm256_sub_epi8(place, _mm256_cmpgt_epi16(x, eighth));
  return _mm256_and_si256(code, _mm256_set1_epi16(0x00FF));
}

/// The codes of 32 weights in bytes, those of weights 8-15 and 16-23 exchanged.
static inline __m256i encode_32(const uint16_t *src, const block_points *points) {
  __m256i a = search_16(_mm256_loadu_si256((const __m256i *)src), points);
  __m256i b = search_16(_mm256_loadu_si256((const __m256i *)(src + 16)), points);
  return _mm256_packus_epi16(a, b);
}

/// The same codes, two to a byte, in the order of the weights.
static inline __m128i pair_exchanged(__m256i codes) {
  __m256i pairs = _mm256_maddubs_epi16(codes, _mm256_set1_epi16(0x0110));
  __m128i packed =
      _mm_packus_epi16(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1));
  return _mm_shuffle_epi32(packed, _MM_SHUFFLE(3, 1, 2, 0));
}

// MARK: - Sums

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

/// The absolute maxima of a chunk. Returns the largest of them as bf16 bits, or 0 if one of them is
/// outside the range in which decision points can be scaled.
static inline uint16_t chunk_maxima(const uint16_t *src, float *absmax) {
  uint16_t largest = 0, smallest = 0xFFFF;
  for (size_t b = 0; b < block_count; b++) {
    uint16_t bits = largest_magnitude(src + b * block_size);
    largest = bits > largest ? bits : largest;
    smallest = bits < smallest ? bits : smallest;
    absmax[b] = halftone_float((uint32_t)bits << 16);
  }
  if (largest >= INFINITY_BF16) return largest;
  return smallest < SMALLEST_SCALED || largest >= LARGEST_SCALED ? 0 : largest;
}

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

/// The values of 32 such codes. Byte shuffles and interleaves are one instruction of the processor each,
/// where a permutation across lanes is two. Vector 0 has weights 0-3 and 8-11, vector 1 has 4-7 and
/// 12-15, vectors 2 and 3 the same of the second sixteen.
static inline void look_up(__m256i codes, const __m256i planes[4], __m256 value[4]) {
  __m256i p0 = _mm256_shuffle_epi8(planes[0], codes), p1 = _mm256_shuffle_epi8(planes[1], codes);
  __m256i p2 = _mm256_shuffle_epi8(planes[2], codes), p3 = _mm256_shuffle_epi8(planes[3], codes);
  __m256i low_a = _mm256_unpacklo_epi8(p0, p1), high_a = _mm256_unpacklo_epi8(p2, p3);
  __m256i low_b = _mm256_unpackhi_epi8(p0, p1), high_b = _mm256_unpackhi_epi8(p2, p3);
  value[0] = _mm256_castsi256_ps(_mm256_unpacklo_epi16(low_a, high_a));
  value[1] = _mm256_castsi256_ps(_mm256_unpackhi_epi16(low_a, high_a));
  value[2] = _mm256_castsi256_ps(_mm256_unpacklo_epi16(low_b, high_b));
  value[3] = _mm256_castsi256_ps(_mm256_unpackhi_epi16(low_b, high_b));
}

/// Adds 32 weights, whose values look_up gives in the order of widen_16.
static inline void add_32(const uint16_t *src, __m256i codes, __m256 scale,
                          const __m256i planes[4], pair_sums *s) {
  __m256 value[4];
  look_up(codes, planes, value);
  for (int k = 0; k < 2; k++) {
    __m256 x[2];
    widen_16(src + 16 * k, x);
    for (int half = 0; half < 2; half++) {
      add_8(x[half], _mm256_mul_ps(value[2 * k + half], scale), s, half);
    }
  }
}

// MARK: - Chunks

/// How far ahead weights are fetched: computing leaves the memory idle, and what comes after is read
/// for its checksum first, which does not.
enum { prefetch_distance = 1 << 15 };

/// Codes are found one block ahead: a search is a chain of steps that wait for each other, and the sums
/// of the block before fill the time.
static void quantize_chunk(const uint16_t *src, const float *absmax, uint8_t *codes,
                           halftone_error_sums *sums) {
  __m256i planes[4];
  load_planes(planes);
  pair_sums s = no_sums();
  block_points points = points_of_block(absmax[0]);
  __m256i first = encode_32(src, &points), second = encode_32(src + 32, &points);
  for (size_t b = 0; b < block_count; b++) {
    const uint16_t *block = src + b * block_size;
    const __m256 scale = _mm256_set1_ps(absmax[b]);
    __m128i *out = (__m128i *)(codes + b * block_size / 2);
    _mm_storeu_si128(out, pair_exchanged(first));
    _mm_storeu_si128(out + 1, pair_exchanged(second));
    _mm_prefetch((const char *)(block + prefetch_distance), _MM_HINT_T1);
    _mm_prefetch((const char *)(block + prefetch_distance + 32), _MM_HINT_T1);
    size_t ahead = b + 1 < block_count ? b + 1 : b;
    const uint16_t *next = src + ahead * block_size;
    points = points_of_block(absmax[ahead]);
    __m256i next_first = encode_32(next, &points);
    add_32(block, first, scale, planes, &s);
    __m256i next_second = encode_32(next + 32, &points);
    add_32(block + 32, second, scale, planes, &s);
    first = next_first;
    second = next_second;
  }
  finish_chunk(&s, sums);
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
    if (largest >= INFINITY_BF16) return 1;
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
