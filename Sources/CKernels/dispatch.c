// SPDX-License-Identifier: Apache-2.0
//
// The choice of variant: the only file that asks the processor what it can do.

#include "blocks.h"
#include "grids_internal.h"
#include "kernels_internal.h"
#include "products_internal.h"

#include <stdatomic.h>
#include <stdlib.h>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

static const halftone_kernels scalar = HALFTONE_TABLE(scalar, scalar);
static const halftone_math scalar_math = HALFTONE_MATH_TABLE(scalar);
static const halftone_products scalar_products =
    HALFTONE_PRODUCTS_TABLE("scalar", scalar, scalar, scalar, scalar);
static const halftone_grids scalar_grids = HALFTONE_GRID_TABLE(scalar, scalar);
static const halftone_block_encoders scalar_encoders = HALFTONE_ENCODER_TABLE(scalar, scalar);

#if defined(__x86_64__)

static const halftone_kernels avx2 = HALFTONE_TABLE(avx2, avx2);
static const halftone_kernels avx512 = HALFTONE_TABLE(avx512, avx2);
static const halftone_math avx2_math = HALFTONE_MATH_TABLE(avx2);
static const halftone_math avx512_math = HALFTONE_MATH_TABLE(avx512);
static const halftone_products avx2_products = HALFTONE_PRODUCTS_TABLE("avx2", avx2, avx2, avx2, avx2);
// Rounding of activations is little of a product's time, and the panels for many rows of them are AVX2's.
static const halftone_products avx512_products =
    HALFTONE_PRODUCTS_TABLE("avx512", avx512, avx512, avx2, scalar);
static const halftone_products avx512_vnni_products =
    HALFTONE_PRODUCTS_TABLE("avx512", avx512, avx512_vnni, avx2, scalar);
static const halftone_grids avx2_grids = HALFTONE_GRID_TABLE(avx2, avx2);
static const halftone_grids avx512_grids = HALFTONE_GRID_TABLE(avx512, avx2);
static const halftone_block_encoders avx2_encoders = HALFTONE_ENCODER_TABLE(avx2, avx2);

/// The parts of the register file that the operating system saves (XCR0).
static uint32_t saved_state(void) {
  uint32_t low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

static int all(uint32_t word, uint32_t bits) { return (word & bits) == bits; }

static int has_avx2(void) {
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
  if (!all(c, bit_OSXSAVE | bit_AVX | bit_F16C | bit_FMA | bit_SSE4_2 | bit_PCLMUL)) return 0;
  if (!all(saved_state(), 0x6)) return 0;  // XMM, YMM
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && all(b, bit_AVX2);
}

static int has_avx512(void) {
#if defined(HALFTONE_EMULATE_AVX512)
  return has_avx2();
#endif
  uint32_t a, b, c, d;
  if (!has_avx2() || !all(saved_state(), 0xE6)) return 0;  // and opmask, both parts of ZMM
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) &&
         all(b, bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL);
}

/// Of a processor with AVX-512; the first of them have no VNNI.
static int has_vnni(void) {
#if defined(HALFTONE_EMULATE_AVX512)
  return getenv("HALFTONE_EMULATE_VNNI") != NULL;
#endif
  uint32_t a, b, c, d;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && all(c, bit_AVX512VNNI);
}

#elif defined(__aarch64__)

static const halftone_kernels neon = HALFTONE_TABLE(neon, neon);
static const halftone_kernels neon_without_crc = HALFTONE_TABLE(neon, scalar);
static const halftone_math neon_math = HALFTONE_MATH_TABLE(neon);
static const halftone_products neon_products = HALFTONE_PRODUCTS_TABLE("neon", neon, neon, neon, scalar);
static const halftone_products neon_dotprod_products =
    HALFTONE_PRODUCTS_TABLE("neon", neon, neon_dotprod, neon, scalar);
static const halftone_grids neon_grids = HALFTONE_GRID_TABLE(neon, scalar);
static const halftone_block_encoders neon_encoders = HALFTONE_ENCODER_TABLE(scalar, neon);

static int has_crc(void) {
#if defined(__linux__)
  return (getauxval(AT_HWCAP) & (1 << 7)) != 0;  // HWCAP_CRC32
#else
  return 1;  // Every Apple processor of this architecture has it.
#endif
}

static int has_dotprod(void) {
#if defined(__linux__)
  return (getauxval(AT_HWCAP) & (1 << 20)) != 0;  // HWCAP_ASIMDDP
#else
  return 1;  // Every Mac of this architecture has it.
#endif
}

#endif

const halftone_kernels *halftone_kernels_for(halftone_isa isa) {
  switch (isa) {
    case HALFTONE_ISA_SCALAR:
      return &scalar;
#if defined(__x86_64__)
    case HALFTONE_ISA_AVX2:
      return has_avx2() ? &avx2 : NULL;
    case HALFTONE_ISA_AVX512:
      return has_avx512() ? &avx512 : NULL;
#elif defined(__aarch64__)
    case HALFTONE_ISA_NEON:
      return has_crc() ? &neon : &neon_without_crc;
#endif
    default:
      return NULL;
  }
}

static const halftone_kernels *widest(void) {
  static const halftone_isa order[] = {HALFTONE_ISA_AVX512, HALFTONE_ISA_AVX2, HALFTONE_ISA_NEON};
  for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
    const halftone_kernels *kernels = halftone_kernels_for(order[i]);
    if (kernels != NULL) return kernels;
  }
  return &scalar;
}

const halftone_kernels *halftone_kernels_named(const char *name) {
  static const struct {
    const char *name;
    halftone_isa isa;
  } names[] = {{"scalar", HALFTONE_ISA_SCALAR},
               {"avx2", HALFTONE_ISA_AVX2},
               {"avx512", HALFTONE_ISA_AVX512},
               {"neon", HALFTONE_ISA_NEON}};
  if (name == NULL || name[0] == 0) return widest();
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (strcmp(name, names[i].name) == 0) return halftone_kernels_for(names[i].isa);
  }
  return NULL;
}

const halftone_kernels *halftone_kernels_active(void) {
  // Threads that come at the same time compute the same answer; NULL is an answer, too.
  static const halftone_kernels undecided;
  static _Atomic(const halftone_kernels *) choice = &undecided;
  const halftone_kernels *kernels = atomic_load_explicit(&choice, memory_order_relaxed);
  if (kernels == &undecided) {
    kernels = halftone_kernels_named(getenv("HALFTONE_ISA"));
    atomic_store_explicit(&choice, kernels, memory_order_relaxed);
  }
  return kernels;
}

const halftone_math *halftone_math_for(halftone_isa isa) {
  if (halftone_kernels_for(isa) == NULL) return NULL;
  switch (isa) {
#if defined(__x86_64__)
    case HALFTONE_ISA_AVX2:
      return &avx2_math;
    case HALFTONE_ISA_AVX512:
      return &avx512_math;
#elif defined(__aarch64__)
    case HALFTONE_ISA_NEON:
      return &neon_math;
#endif
    default:
      return &scalar_math;
  }
}

const halftone_grids *halftone_grids_for(halftone_isa isa) {
  if (halftone_kernels_for(isa) == NULL) return NULL;
  switch (isa) {
#if defined(__x86_64__)
    case HALFTONE_ISA_AVX2:
      return &avx2_grids;
    case HALFTONE_ISA_AVX512:
      return &avx512_grids;
#elif defined(__aarch64__)
    case HALFTONE_ISA_NEON:
      return &neon_grids;
#endif
    default:
      return &scalar_grids;
  }
}

const halftone_products *halftone_products_for(halftone_isa isa) {
  if (halftone_kernels_for(isa) == NULL) return NULL;
  switch (isa) {
#if defined(__x86_64__)
    case HALFTONE_ISA_AVX2:
      return &avx2_products;
    case HALFTONE_ISA_AVX512:
      return has_vnni() ? &avx512_vnni_products : &avx512_products;
#elif defined(__aarch64__)
    case HALFTONE_ISA_NEON:
      return has_dotprod() ? &neon_dotprod_products : &neon_products;
#endif
    default:
      return &scalar_products;
  }
}

/// The instruction set that halftone_kernels_active() chose, or one that there is not.
static halftone_isa active_isa(void) {
  const halftone_kernels *kernels = halftone_kernels_active();
  for (int isa = HALFTONE_ISA_SCALAR; kernels != NULL && isa <= HALFTONE_ISA_NEON; isa++) {
    if (halftone_kernels_for((halftone_isa)isa) == kernels) return (halftone_isa)isa;
  }
  return (halftone_isa)-1;
}

const halftone_math *halftone_math_active(void) {
  static const halftone_math undecided;
  static _Atomic(const halftone_math *) choice = &undecided;
  const halftone_math *math = atomic_load_explicit(&choice, memory_order_relaxed);
  if (math == &undecided) {
    math = halftone_math_for(active_isa());
    atomic_store_explicit(&choice, math, memory_order_relaxed);
  }
  return math;
}

const halftone_products *halftone_products_active(void) {
  return halftone_products_for(active_isa());
}

const halftone_grids *halftone_grids_active(void) { return halftone_grids_for(active_isa()); }

const halftone_block_encoders *halftone_block_encoders_for(halftone_isa isa) {
  if (halftone_kernels_for(isa) == NULL) return NULL;
#if defined(__x86_64__)
  if (isa != HALFTONE_ISA_SCALAR) return &avx2_encoders;
#elif defined(__aarch64__)
  if (isa != HALFTONE_ISA_SCALAR) return &neon_encoders;
#endif
  return &scalar_encoders;
}

const halftone_block_encoders *halftone_block_encoders_active(void) {
  return halftone_block_encoders_for(active_isa());
}
