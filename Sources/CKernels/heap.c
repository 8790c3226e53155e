// SPDX-License-Identifier: Apache-2.0

#include "heap.h"

#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

void halftone_return_freed_blocks(void) {
#ifdef __GLIBC__
  // Setting either of them also ends their adjustment.
  mallopt(M_MMAP_THRESHOLD, 256 << 10);
  mallopt(M_TRIM_THRESHOLD, 512 << 10);
#endif
}
