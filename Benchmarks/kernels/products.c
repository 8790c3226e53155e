// SPDX-License-Identifier: Apache-2.0
//
// How long OpenBLAS takes for a list of fp32 matrix products, each with its own threads.
//
//   products THREADS ROUNDS ROWS [OUTPUTS INPUTS TIMES]...
//
// Each product is that of a linear layer: ROWS x INPUTS times the transpose of OUTPUTS x INPUTS, done
// TIMES times. Prints the seconds of each round, all products done once.

#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/// Numbers of no particular value, but none subnormal.
static float *matrix(size_t count) {
  float *numbers = malloc(count * sizeof(float));
  if (numbers == NULL) exit(1);
  for (size_t i = 0; i < count; i++) numbers[i] = (float)((i * 2654435761u) % 1000u) / 1000.0f - 0.4995f;
  return numbers;
}

int main(int count, char **words) {
  if (count < 7 || (count - 4) % 3 != 0) {
    fprintf(stderr, "usage: products THREADS ROUNDS ROWS [OUTPUTS INPUTS TIMES]...\n");
    return 64;
  }
  enum { most = 32 };
  int shapes = (count - 4) / 3, rounds = atoi(words[2]), rows = atoi(words[3]);
  int outputs[most], inputs[most], times[most];
  float *a[most], *b[most], *c[most];
  if (shapes > most) return 64;
  for (int s = 0; s < shapes; s++) {
    outputs[s] = atoi(words[4 + 3 * s]);
    inputs[s] = atoi(words[5 + 3 * s]);
    times[s] = atoi(words[6 + 3 * s]);
    a[s] = matrix((size_t)rows * (size_t)inputs[s]);
    b[s] = matrix((size_t)outputs[s] * (size_t)inputs[s]);
    c[s] = matrix((size_t)rows * (size_t)outputs[s]);
  }
  openblas_set_num_threads(atoi(words[1]));
  for (int round = 0; round < rounds; round++) {
    double start = now();
    for (int s = 0; s < shapes; s++) {
      for (int i = 0; i < times[s]; i++) {
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, outputs[s], inputs[s], 1, a[s],
                    inputs[s], b[s], inputs[s], 0, c[s], outputs[s]);
      }
    }
    printf("%.6f\n", now() - start);
  }
  return 0;
}
