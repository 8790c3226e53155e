// SPDX-License-Identifier: Apache-2.0

import COpenBLAS

/// Dense products by OpenBLAS, one thread per call.
///
/// Work is cut into tiles that run side by side, each calling OpenBLAS for itself. So a product's
/// rounding depends on the tile's shape alone, never on the number of threads, and no thread waits
/// in OpenBLAS' own pool.
enum BLAS {
  /// Turns OpenBLAS' own threads off, for the whole process.
  static let singleThreaded: Void = openblas_set_num_threads(1)

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

  /// Computes `c = a * b`.
  ///
  /// - Parameters:
  ///   - a: `m` rows of `k`.
  ///   - b: `k` rows of `n`.
  ///   - c: `m` rows of `n`.
  static func multiply(
    _ a: Matrix, _ b: Matrix, into c: UnsafeMutablePointer<Float>, stride: Int,
    m: Int, n: Int, k: Int
  ) {
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(m), Int32(n), Int32(k), 1,
      a.start, Int32(a.stride), b.start, Int32(b.stride), 0, c, Int32(stride))
  }
}
