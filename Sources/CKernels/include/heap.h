// SPDX-License-Identifier: Apache-2.0
//
// What Swift can't call of the C library's heap.

#ifndef HALFTONE_HEAP_H
#define HALFTONE_HEAP_H

/// From now on large blocks go back to the system when they are freed.
///
/// glibc otherwise raises the size from which it does so to that of the largest block that was freed,
/// and keeps up to twice as much in the heap of every thread. Does nothing with other C libraries.
void halftone_return_freed_blocks(void);

#endif
