// SPDX-License-Identifier: Apache-2.0
//
// Compares the variants that this program was linked with; see emulate.sh.
//
//   run_comparison [products]      all kernels, or the products alone

#include <stdio.h>
#include <string.h>

#include "KernelComparison.h"

static size_t report(const char *variant, const char *name, kernel_comparison result) {
  printf("%-8s %-16s %7zu calls, %zu differ%s%s\n", variant, name, result.cases, result.mismatches,
         result.mismatches ? "; first " : "", result.first);
  return result.mismatches;
}

static size_t compare_products(void) {
  size_t mismatches = 0;
  for (int isa = HALFTONE_ISA_SCALAR; isa <= HALFTONE_ISA_NEON; isa++) {
    const halftone_products *candidate = halftone_products_for((halftone_isa)isa);
    for (size_t i = 0; candidate != NULL && product_comparison_name(i) != NULL; i++) {
      mismatches += report(candidate->name, product_comparison_name(i), product_compare(i, candidate));
    }
    if (candidate == NULL) continue;
    mismatches += report(candidate->name, "packed codes", packed_product_compare(candidate));
  }
  return mismatches;
}

static size_t compare_kernels(void) {
  const halftone_kernels *reference = halftone_kernels_for(HALFTONE_ISA_SCALAR);
  const halftone_block_encoders *encoders = halftone_block_encoders_for(HALFTONE_ISA_SCALAR);
  size_t mismatches = 0;
  for (int isa = HALFTONE_ISA_AVX2; isa <= HALFTONE_ISA_NEON; isa++) {
    const halftone_kernels *candidate = halftone_kernels_for((halftone_isa)isa);
    if (candidate == NULL) continue;
    for (size_t i = 0; kernel_comparison_name(i) != NULL; i++) {
      mismatches +=
          report(candidate->name, kernel_comparison_name(i), kernel_compare(i, candidate, reference));
    }
    const halftone_block_encoders *others = halftone_block_encoders_for((halftone_isa)isa);
    for (size_t i = 0; encoder_comparison_name(i) != NULL; i++) {
      mismatches +=
          report(others->name, encoder_comparison_name(i), encoder_compare(i, others, encoders));
    }
    for (size_t i = 0; quantizer_comparison_name(i) != NULL; i++) {
      mismatches +=
          report(others->name, quantizer_comparison_name(i), quantizer_compare(i, others, encoders));
    }
  }
  return mismatches;
}

int main(int count, char **words) {
  const int products_alone = count > 1 && strcmp(words[1], "products") == 0;
  size_t mismatches = products_alone ? 0 : compare_kernels();
  mismatches += compare_products();
  return mismatches != 0;
}
