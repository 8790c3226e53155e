// SPDX-License-Identifier: Apache-2.0
//
// Which kernels HALFTONE_ISA stands for.

#ifndef HALFTONE_KERNEL_SELECTION_H
#define HALFTONE_KERNEL_SELECTION_H

#include "CKernels.h"

/// The kernels that a value of HALFTONE_ISA selects: those of the set that it names, or the widest
/// that this processor has if `name` is NULL or empty. NULL if the name is unknown or not available.
const halftone_kernels *halftone_kernels_named(const char *name);

#endif
