// SPDX-License-Identifier: Apache-2.0
//
// AVX-512 for emulate.sh: SIMDe, and in portable vectors the few intrinsics that its Debian version
// (0.7.4) lacks. Names are replaced, because the compiler's own header is there too.

#ifndef HALFTONE_AVX512_EMULATION_H
#define HALFTONE_AVX512_EMULATION_H

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <string.h>

#include <simde/x86/avx512.h>
#include <simde/x86/f16c.h>

typedef int8_t emulated_i8x16 __attribute__((vector_size(16)));
typedef uint8_t emulated_u8x16 __attribute__((vector_size(16)));
typedef uint8_t emulated_u8x32 __attribute__((vector_size(32)));
typedef uint16_t emulated_u16x16 __attribute__((vector_size(32)));
typedef uint16_t emulated_u16x32 __attribute__((vector_size(64)));
typedef int32_t emulated_i32x16 __attribute__((vector_size(64)));
typedef float emulated_f32x16 __attribute__((vector_size(64)));

#define EMULATED_CONVERSION(name, from, from_lanes, to_lanes, to)                                  \
  static inline to emulated_##name(from value) {                                                   \
    return (to)__builtin_convertvector((from_lanes)value, to_lanes);                               \
  }

EMULATED_CONVERSION(cvtepu16_epi32, __m256i, emulated_u16x16, emulated_i32x16, __m512i)
EMULATED_CONVERSION(cvtepi8_epi32, __m128i, emulated_i8x16, emulated_i32x16, __m512i)
EMULATED_CONVERSION(cvtepu8_epi32, __m128i, emulated_u8x16, emulated_i32x16, __m512i)
EMULATED_CONVERSION(cvtepu8_epi16, __m256i, emulated_u8x32, emulated_u16x32, __m512i)
EMULATED_CONVERSION(cvtepi32_ps, __m512i, emulated_i32x16, emulated_f32x16, __m512)
EMULATED_CONVERSION(cvtepi32_epi8, __m512i, emulated_i32x16, emulated_i8x16, __m128i)
EMULATED_CONVERSION(cvtepi32_epi16, __m512i, emulated_i32x16, emulated_u16x16, __m256i)

typedef int8_t emulated_i8x8 __attribute__((vector_size(8)));
typedef int64_t emulated_i64x8 __attribute__((vector_size(64)));

static inline __m128i emulated_cvtepi64_epi8(__m512i value) {
  emulated_i8x8 bytes = __builtin_convertvector((emulated_i64x8)value, emulated_i8x8);
  __m128i result = _mm_setzero_si128();
  memcpy(&result, &bytes, sizeof bytes);
  return result;
}

static inline __m512i emulated_srai_epi32(__m512i value, unsigned count) {
  return (__m512i)((emulated_i32x16)value >> (int)count);
}

// Two halves through the processor's own conversion.
__attribute__((target("f16c"))) static inline __m512 emulated_cvtph_ps(__m256i value) {
  __m128i halves[2];
  __m256 floats[2];
  __m512 result;
  memcpy(halves, &value, sizeof halves);
  for (int k = 0; k < 2; k++) floats[k] = _mm256_cvtph_ps(halves[k]);
  memcpy(&result, floats, sizeof result);
  return result;
}

__attribute__((target("f16c"))) static inline __m256i emulated_cvtps_ph(__m512 value, int rounding) {
  (void)rounding;
  __m256 floats[2];
  __m128i halves[2];
  __m256i result;
  memcpy(floats, &value, sizeof floats);
  for (int k = 0; k < 2; k++) halves[k] = _mm256_cvtps_ph(floats[k], _MM_FROUND_TO_NEAREST_INT);
  memcpy(&result, halves, sizeof result);
  return result;
}

/// To nearest even: the callers' numbers are small.
static inline __m512i emulated_cvtps_epi32(__m512 value) {
  emulated_f32x16 rounded = __builtin_elementwise_roundeven((emulated_f32x16)value);
  return (__m512i)__builtin_convertvector(rounded, emulated_i32x16);
}

static inline int emulated_reduce_max_epi32(__m512i value) {
  return __builtin_reduce_max((emulated_i32x16)value);
}

static inline int emulated_reduce_min_epi32(__m512i value) {
  return __builtin_reduce_min((emulated_i32x16)value);
}

static inline float emulated_reduce_add_ps(__m512 value) {
  float lanes[16];
  memcpy(lanes, &value, sizeof lanes);
  for (int count = 8; count > 0; count /= 2) {
    for (int k = 0; k < count; k++) lanes[k] += lanes[k + count];
  }
  return lanes[0];
}

#undef _mm512_cvtepu16_epi32
#undef _mm512_cvtepi8_epi32
#undef _mm512_cvtepu8_epi32
#undef _mm512_cvtepu8_epi16
#undef _mm512_cvtepi32_ps
#undef _mm512_cvtepi32_epi8
#undef _mm512_cvtepi32_epi16
#undef _mm512_cvtepi64_epi8
#undef _mm512_srai_epi32
#undef _mm512_cvtph_ps
#undef _mm512_cvtps_ph
#undef _mm512_cvtps_epi32
#undef _mm512_reduce_max_epi32
#undef _mm512_reduce_min_epi32
#undef _mm512_reduce_add_ps
#undef _mm512_madd_epi16
#define _mm512_cvtepu16_epi32 emulated_cvtepu16_epi32
#define _mm512_cvtepi8_epi32 emulated_cvtepi8_epi32
#define _mm512_cvtepu8_epi32 emulated_cvtepu8_epi32
#define _mm512_cvtepu8_epi16 emulated_cvtepu8_epi16
#define _mm512_cvtepi32_ps emulated_cvtepi32_ps
#define _mm512_cvtepi32_epi8 emulated_cvtepi32_epi8
#define _mm512_cvtepi32_epi16 emulated_cvtepi32_epi16
#define _mm512_cvtepi64_epi8 emulated_cvtepi64_epi8
#define _mm512_srai_epi32 emulated_srai_epi32
#define _mm512_cvtph_ps emulated_cvtph_ps
#define _mm512_cvtps_ph emulated_cvtps_ph
#define _mm512_cvtps_epi32 emulated_cvtps_epi32
#define _mm512_reduce_max_epi32 emulated_reduce_max_epi32
#define _mm512_reduce_min_epi32 emulated_reduce_min_epi32
#define _mm512_reduce_add_ps emulated_reduce_add_ps
// Its own name for this one takes the arguments of another.
#define _mm512_madd_epi16(a, b) simde_mm512_madd_epi16(a, b)

#endif
