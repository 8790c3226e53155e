// SPDX-License-Identifier: Apache-2.0
//
// How much of the memory's bandwidth products with codes reach, for one row of activations and several,
// on each instruction set of this machine. See bandwidth.sh.
//
//   bandwidth [MEGABYTES]      of codes (default 256: more than any cache)
//
// One thread, its own processor time, medians of several rounds; between rounds the memory is read by
// a plain loop, so that a neighbour that slows the machine slows both. "cached" repeats on 64 KB.

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "CKernels.h"

enum { columns = 2048, block = 64, most_states = 16, rounds = 9 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *values) {
  qsort(values, rounds, sizeof *values, ascending);
  return values[rounds / 2];
}

static void *memory(size_t bytes) {
  void *start = malloc(bytes);
  if (start == NULL) exit(1);
  return start;
}

static volatile uint64_t sink;

/// Seconds for reading some bytes once, eight streams of 64 bits each way.
static double read_once(const uint8_t *bytes, size_t count) {
  const uint64_t *words = (const uint64_t *)(const void *)bytes;
  uint64_t sums[8] = {0};
  double start = now();
  for (size_t i = 0; i + 8 <= count / 8; i += 8) {
    for (int k = 0; k < 8; k++) sums[k] += words[i + (size_t)k];
  }
  double seconds = now() - start;
  for (int k = 0; k < 8; k++) sink += sums[k];
  return seconds;
}

typedef struct inputs {
  size_t bytes;
  uint8_t *codes, *zeros;
  float *scales, *x, *arranged, *out, table[16];
  char *states;
} inputs;

static const struct {
  const char *name;
  halftone_code_kind kind;
  double bytes_per_weight;
} kinds[] = {
    {"NF4, FP4", HALFTONE_CODES_LOOKUP4, 0.5 + 4.0 / block},
    {"int4", HALFTONE_CODES_UINT4, 0.5 + 5.0 / block},
    {"int8", HALFTONE_CODES_INT8, 1 + 4.0 / block},
    {"bf16", HALFTONE_CODES_BF16, 2},
    {"f16", HALFTONE_CODES_F16, 2},
};

static void measure(const halftone_products *products, size_t index, int fast, size_t states,
                    const inputs *in) {
  const halftone_code_kind kind = kinds[index].kind;
  const size_t row_bytes = kind <= HALFTONE_CODES_UINT4 ? columns / 2
                           : kind == HALFTONE_CODES_INT8 ? columns
                                                         : 2 * columns;
  const int has_scales = kind <= HALFTONE_CODES_INT8;
  const halftone_coded_rows weights = {
      .kind = kind,
      .columns = columns,
      .block = has_scales ? block : columns,
      .codes = in->codes,
      .scales = has_scales ? in->scales : NULL,
      .zeros = kind == HALFTONE_CODES_UINT4 ? in->zeros : NULL,
      .table = in->table,
      .factor = 1,
  };
  for (size_t s = 0; s < states; s++) {
    const float *x = in->x + s * columns;
    products->arrange(&weights, x, in->arranged + s * halftone_arranged_count(columns));
    if (fast) products->quantize_state(&weights, x, in->states + s * halftone_state_bytes(columns));
  }
  double seconds[2][rounds], reading[rounds];
  size_t counts[2];
  for (int cached = 0; cached < 2; cached++) {
    const size_t rows = counts[cached] = (cached ? 64 << 10 : in->bytes) / row_bytes;
    const int repeats = cached ? 100 : 1;
    for (int r = -1; r < rounds; r++) {
      const double start = now();
      for (int i = 0; i < repeats; i++) {
        if (fast) {
          products->multiply_fast(&weights, 0, rows, in->states, states, in->out, rows, 0);
        } else {
          products->multiply_exact(&weights, 0, rows, in->arranged, states, in->out, rows, 0);
        }
      }
      if (r >= 0) seconds[cached][r] = (now() - start) / repeats;
      if (r >= 0 && !cached) reading[r] = read_once(in->codes, in->bytes);
    }
  }
  const double per_weight = kinds[index].bytes_per_weight;
  const double from_memory = (double)(counts[0] * columns) * per_weight / median(seconds[0]);
  const double peak = (double)in->bytes / median(reading);
  const double from_cache = (double)(counts[1] * columns) * per_weight / median(seconds[1]);
  printf("%-8s %-9s %-6s %2zu  %7.2f GB/s  %4.0f %% of %5.1f GB/s  cached %7.2f GB/s\n",
         products->name, kinds[index].name, fast ? "fast" : "exact", states, from_memory / 1e9,
         100 * from_memory / peak, peak / 1e9, from_cache / 1e9);
}

int main(int count, char **words) {
  inputs in = {.bytes = (size_t)(count > 1 ? atoi(words[1]) : 256) << 20};
  in.codes = memory(in.bytes);
  in.scales = memory(in.bytes / (block / 2) * sizeof(float));
  in.zeros = memory(in.bytes / (block / 2));
  for (size_t i = 0; i < in.bytes; i++) in.codes[i] = (((i * 2654435761u) >> 13) & 15) | 48;
  for (size_t i = 0; i < in.bytes / (block / 2); i++) {
    in.scales[i] = 0.01f + 0.001f * (float)(i % 7);
    in.zeros[i] = (uint8_t)(i % 16);
  }
  in.x = memory(most_states * columns * sizeof(float));
  for (size_t i = 0; i < most_states * columns; i++) in.x[i] = (float)(i * 7919 % 1000) / 500 - 1;
  in.arranged = memory(most_states * halftone_arranged_count(columns) * sizeof(float));
  in.states = memory(most_states * halftone_state_bytes(columns));
  in.out = memory(most_states * (in.bytes / (columns / 2)) * sizeof(float));
  for (int i = 0; i < 16; i++) in.table[i] = (float)i / 7.5f - 1;

  printf("products of weights in blocks of %d with rows of %d activations, one thread\n", block,
         columns);
  printf("set      weights   arith. rows   from memory   of plain reading\n");
  for (int isa = HALFTONE_ISA_AVX2; isa <= HALFTONE_ISA_NEON + 1; isa++) {
    // The portable code last, on a tenth of the memory, for it is slow.
    const int is_portable = isa > HALFTONE_ISA_NEON;
    const halftone_products *products =
        halftone_products_for(is_portable ? HALFTONE_ISA_SCALAR : (halftone_isa)isa);
    if (products == NULL) continue;
    inputs some = in;
    if (is_portable) some.bytes /= 16;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
      for (int fast = 0; fast < (kinds[k].kind <= HALFTONE_CODES_INT8 ? 2 : 1); fast++) {
        measure(products, k, fast, 1, &some);
        if (!is_portable) measure(products, k, fast, 4, &some);
        if (!is_portable) measure(products, k, fast, 16, &some);
      }
    }
  }
  return 0;
}
