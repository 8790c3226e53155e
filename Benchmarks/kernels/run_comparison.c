// SPDX-License-Identifier: Apache-2.0
//
// Compares the variants that this program was linked with; see emulate.sh.

#include <stdio.h>

#include "KernelComparison.h"

int main(void) {
  const halftone_kernels *reference = halftone_kernels_for(HALFTONE_ISA_SCALAR);
  const halftone_block_encoders *encoders = halftone_block_encoders_for(HALFTONE_ISA_SCALAR);
  size_t mismatches = 0;
  for (int isa = HALFTONE_ISA_AVX2; isa <= HALFTONE_ISA_NEON; isa++) {
    const halftone_kernels *candidate = halftone_kernels_for((halftone_isa)isa);
    if (candidate == NULL) continue;
    for (size_t i = 0; kernel_comparison_name(i) != NULL; i++) {
      kernel_comparison result = kernel_compare(i, candidate, reference);
      mismatches += result.mismatches;
      printf("%-8s %-16s %7zu calls, %zu differ%s%s\n", candidate->name, kernel_comparison_name(i),
             result.cases, result.mismatches, result.mismatches ? "; first " : "", result.first);
    }
    const halftone_block_encoders *others = halftone_block_encoders_for((halftone_isa)isa);
    for (size_t i = 0; encoder_comparison_name(i) != NULL; i++) {
      kernel_comparison result = encoder_compare(i, others, encoders);
      mismatches += result.mismatches;
      printf("%-8s %-16s %7zu calls, %zu differ%s%s\n", others->name, encoder_comparison_name(i),
             result.cases, result.mismatches, result.mismatches ? "; first " : "", result.first);
    }
    for (size_t i = 0; quantizer_comparison_name(i) != NULL; i++) {
      kernel_comparison result = quantizer_compare(i, others, encoders);
      mismatches += result.mismatches;
      printf("%-8s %-16s %7zu calls, %zu differ%s%s\n", others->name, quantizer_comparison_name(i),
             result.cases, result.mismatches, result.mismatches ? "; first " : "", result.first);
    }
  }
  return mismatches != 0;
}
