// SPDX-License-Identifier: Apache-2.0

import COpenBLAS

/// Dense products by OpenBLAS, one thread per call.
///
/// Work is cut into tiles that run side by side, each calling OpenBLAS for itself. So a product's
/// rounding depends on the tile's shape alone, never on the number of threads, and no thread waits
/// in OpenBLAS' own pool.
package enum BLAS {
  /// Turns OpenBLAS' own threads off, for the whole process; its first use does it.
  ///
  /// A program touches this early, for until then those threads spin and take time from ours.
  package static let singleThreaded: Void = halftone_openblas_without_threads()

  /// A row-major matrix inside a larger one.
  struct Matrix {
    var start: UnsafePointer<Float>
    /// The distance from one row to the next.
    var stride: Int
  }

  /// Computes `c = a * transpose(b)`, or adds that to `c`.
  ///
  /// - Parameters:
  ///   - a: `m` rows of `k`.
  ///   - b: `n` rows of `k`.
  ///   - c: `m` rows of `n`.
  static func multiply(
    _ a: Matrix, transposed b: Matrix, into c: UnsafeMutablePointer<Float>, stride: Int,
    m: Int, n: Int, k: Int, adding: Bool = false
  ) {
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, Int32(m), Int32(n), Int32(k), 1,
      a.start, Int32(a.stride), b.start, Int32(b.stride), adding ? 1 : 0, c, Int32(stride))
  }

  /// Computes `c = a * b`, or adds that to `c`.
  ///
  /// - Parameters:
  ///   - a: `m` rows of `k`.
  ///   - b: `k` rows of `n`.
  ///   - c: `m` rows of `n`.
  static func multiply(
    _ a: Matrix, _ b: Matrix, into c: UnsafeMutablePointer<Float>, stride: Int,
    m: Int, n: Int, k: Int, adding: Bool = false
  ) {
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(m), Int32(n), Int32(k), 1,
      a.start, Int32(a.stride), b.start, Int32(b.stride), adding ? 1 : 0, c, Int32(stride))
  }

  /// Computes `y = a * x`, or adds that to `y`.
  ///
  /// - Parameters:
  ///   - a: `m` rows of `k`.
  ///   - x: `k` numbers.
  ///   - y: `m` numbers.
  static func multiply(
    _ a: Matrix, vector x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, m: Int,
    k: Int, adding: Bool = false
  ) {
    cblas_sgemv(
      CblasRowMajor, CblasNoTrans, Int32(m), Int32(k), 1, a.start, Int32(a.stride), x, 1,
      adding ? 1 : 0, y, 1)
  }
}
