// SPDX-License-Identifier: Apache-2.0
//
// How fast each kernel is on each instruction set of this machine, on chunks that stay in the
// caches. Prints the median of several rounds of this thread's processor time, in GB of the kernel's
// input a second and in weights (or elements) a second. See bench.sh.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "CKernels.h"

enum { chunk = 4096, block = 64, rounds = 15 };

typedef struct buffers {
  uint16_t *bf16, *f16;
  float *x, *y, *scale, *zero;
  uint8_t *codes, *bytes, *planes;
} buffers;

static float nf4[16] = {-1.0f,         -0.69619280f, -0.52507305f, -0.39491749f,
                        -0.28444138f,  -0.18477343f, -0.09105004f, 0.0f,
                        0.07958030f,   0.16093020f,  0.24611230f,  0.33791524f,
                        0.44070983f,   0.56261700f,  0.72295684f,  1.0f};

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static volatile double sink;

/// Runs `statement` on one chunk often enough to take a few milliseconds, several times.
#define MEASURE(label, input_bytes, statement)                                                     \
  do {                                                                                             \
    long repeats = 8;                                                                              \
    double times[rounds];                                                                           \
    for (int r = -1; r < rounds; r++) {                                                            \
      double start = now();                                                                        \
      for (long i = 0; i < repeats; i++) {                                                         \
        statement;                                                                                 \
      }                                                                                            \
      double seconds = now() - start;                                                              \
      if (r < 0) {                                                                                 \
        repeats = 1 + (long)(0.004 * (double)repeats / (seconds + 1e-9));                          \
      } else {                                                                                     \
        times[r] = seconds / (double)repeats;                                                       \
      }                                                                                            \
    }                                                                                              \
    qsort(times, rounds, sizeof times[0], ascending);                                                \
    double median = times[rounds / 2];                                                              \
    printf("%-8s %-34s %8.2f GB/s %8.2f G/s\n", k->name, label,                                    \
           1e-9 * (double)(input_bytes) / median, 1e-9 * chunk / median);                          \
  } while (0)

static void *allocate(size_t count) {
  void *p = aligned_alloc(64, (count + 63) / 64 * 64);
  if (p == NULL) exit(1);
  return p;
}

static void measure(const halftone_kernels *k, buffers b) {
  halftone_error_sums sums = {0};
  MEASURE("chain bf16 -> nf4 -> errors", 2 * chunk, {
    k->widen_bf16(b.bf16, chunk, b.x);
    sink = k->absmax(b.x, chunk, block, b.scale);
    k->encode_nf4(b.x, chunk, block, b.scale, b.codes);
    k->decode_lookup4(b.codes, chunk, block, nf4, b.scale, b.y);
    k->error_sums(b.x, b.y, chunk, &sums);
  });
  MEASURE("quantize_nf4_bf16 64", 2 * chunk,
          sink = k->quantize_nf4_bf16(b.bf16, chunk, block, b.scale, b.codes, &sums));
  sink = sums.ee;
  MEASURE("widen_bf16", 2 * chunk, k->widen_bf16(b.bf16, chunk, b.x));
  MEASURE("widen_f16", 2 * chunk, k->widen_f16(b.f16, chunk, b.y));
  MEASURE("narrow_bf16", 4 * chunk, k->narrow_bf16(b.x, chunk, (uint16_t *)b.bytes));
  MEASURE("narrow_f16", 4 * chunk, k->narrow_f16(b.x, chunk, (uint16_t *)b.bytes));
  MEASURE("absmax 64", 4 * chunk, sink = k->absmax(b.x, chunk, block, b.scale));
  MEASURE("minmax 64", 4 * chunk, sink = k->minmax(b.x, chunk, block, b.y, b.y + chunk / 2));
  MEASURE("encode_nf4 64", 4 * chunk, k->encode_nf4(b.x, chunk, block, b.scale, b.codes));
  MEASURE("encode_fp4 64", 4 * chunk, k->encode_fp4(b.x, chunk, block, b.scale, b.codes));
  MEASURE("encode_int8 64", 4 * chunk,
          k->encode_int8(b.x, chunk, block, b.scale, (int8_t *)b.bytes));
  MEASURE("encode_uint4 64", 4 * chunk,
          k->encode_uint4(b.x, chunk, block, b.scale, b.zero, b.bytes));
  MEASURE("decode_lookup4 64", chunk / 2,
          k->decode_lookup4(b.codes, chunk, block, nf4, b.scale, b.y));
  MEASURE("decode_int8 64", chunk,
          k->decode_int8((const int8_t *)b.bytes, chunk, block, b.scale, b.y));
  MEASURE("decode_uint4 64", chunk / 2,
          k->decode_uint4(b.codes, chunk, block, b.scale, b.zero, b.y));
  MEASURE("error_sums", 8 * chunk, k->error_sums(b.x, b.y, chunk, &sums));
  sink = sums.ee;
  MEASURE("crc32c", 4 * chunk, sink = k->crc32c(0, b.x, 4 * chunk));
  MEASURE("crc32c of 1 KiB, four times", 4 * 1024, {
    for (int i = 0; i < 4; i++) sink = k->crc32c(0, b.x, 1024);
  });
  MEASURE("split_planes2", 2 * chunk, k->split_planes2((uint8_t *)b.bf16, chunk, b.planes));
  MEASURE("join_planes2", 2 * chunk, k->join_planes2(b.planes, chunk, b.bytes));
  MEASURE("split_planes4", 4 * chunk, k->split_planes4((uint8_t *)b.x, chunk, b.planes));
  MEASURE("join_planes4", 4 * chunk, k->join_planes4(b.planes, chunk, b.bytes));
}

/// What every encoder of bf16 weights does that has no kernel for it, beside those that do.
#define MEASURE_ENCODER(type)                                                                      \
  MEASURE("chain bf16 -> " #type " -> errors", 2 * chunk, {                                        \
    k->widen_bf16(b.bf16, chunk, b.x);                                                             \
    encoders->type(b.x, chunk / 32, b.bytes, b.y);                                                 \
    k->error_sums(b.x, b.y, chunk, &sums);                                                         \
  });                                                                                              \
  MEASURE("quantize_" #type "_bf16", 2 * chunk,                                                    \
          sink = encoders->quantize_##type##_bf16(b.bf16, chunk / 32, b.bytes, &sums))

static void measure_encoders(const halftone_kernels *k, const halftone_block_encoders *encoders,
                             buffers b) {
  halftone_error_sums sums = {0};
  MEASURE_ENCODER(q4_0);
  MEASURE_ENCODER(q8_0);
  sink = sums.ee;
}

int main(void) {
  buffers b = {allocate(2 * chunk), allocate(2 * chunk), allocate(4 * chunk), allocate(4 * chunk),
               allocate(4 * chunk), allocate(4 * chunk), allocate(chunk),     allocate(4 * chunk),
               allocate(4 * chunk)};
  const halftone_kernels *plain = halftone_kernels_for(HALFTONE_ISA_SCALAR);
  uint32_t state = 12345;
  for (int i = 0; i < chunk; i++) {
    // The sum of four uniform numbers, near enough to the normal distribution of weights.
    float sum = -2;
    for (int k = 0; k < 4; k++) {
      state = state * 1664525u + 1013904223u;
      sum += (float)(state >> 8) / 16777216.0f;
    }
    b.x[i] = 0.05f * sum;
  }
  memset(b.zero, 0, 4 * chunk);
  memset(b.bytes, 0, 4 * chunk);
  plain->narrow_bf16(b.x, chunk, b.bf16);
  plain->narrow_f16(b.x, chunk, b.f16);
  for (int isa = HALFTONE_ISA_SCALAR; isa <= HALFTONE_ISA_NEON; isa++) {
    const halftone_kernels *k = halftone_kernels_for((halftone_isa)isa);
    if (k == NULL) continue;
    measure(k, b);
    measure_encoders(k, halftone_block_encoders_for((halftone_isa)isa), b);
  }
  return 0;
}
