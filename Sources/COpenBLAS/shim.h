#include <cblas.h>

// OpenBLAS starts threads when it is loaded, and until something else is known they spin for work.
// Exported by its threaded builds, absent from others.
extern int blas_thread_shutdown_(void) __attribute__((weak));

/// Turns OpenBLAS' own threads off and ends those that it has started.
static inline void halftone_openblas_without_threads(void) {
  openblas_set_num_threads(1);
  if (blas_thread_shutdown_) blas_thread_shutdown_();
}
