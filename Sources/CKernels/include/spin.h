// SPDX-License-Identifier: Apache-2.0
//
// What a thread does that waits for another one without sleeping.

#ifndef HALFTONE_SPIN_H
#define HALFTONE_SPIN_H

/// Tells the processor that this thread only waits: some tens of cycles that cost others little.
static inline void halftone_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#endif
}

#endif
