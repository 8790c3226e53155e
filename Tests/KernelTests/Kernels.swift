// SPDX-License-Identifier: Apache-2.0

import CKernels
import Testing

/// The kernels of every instruction set that this processor has, with array arguments.
///
/// Sendable because the table is constant and so is the name that it points to.
struct Kernels: CustomTestStringConvertible, @unchecked Sendable {
  let table: halftone_kernels

  static let all = [
    HALFTONE_ISA_SCALAR, HALFTONE_ISA_AVX2, HALFTONE_ISA_AVX512, HALFTONE_ISA_NEON,
  ].compactMap { halftone_kernels_for($0).map { Kernels(table: $0.pointee) } }

  var testDescription: String { String(cString: table.name) }

  func absmax(_ weights: [Float], block: Int) -> (maxima: [Float], isFinite: Bool) {
    var maxima = [Float](repeating: .nan, count: blocks(weights.count, block))
    let found = table.absmax(weights, weights.count, block, &maxima)
    return (maxima, found == 0)
  }

  func minmax(_ weights: [Float], block: Int) -> (minima: [Float], maxima: [Float], isFinite: Bool)
  {
    var minima = [Float](repeating: .nan, count: blocks(weights.count, block))
    var maxima = minima
    let found = table.minmax(weights, weights.count, block, &minima, &maxima)
    return (minima, maxima, found == 0)
  }

  func encodeNF4(_ weights: [Float], block: Int, absmax: [Float]) -> [UInt8] {
    var codes = [UInt8](repeating: 0, count: (weights.count + 1) / 2)
    table.encode_nf4(weights, weights.count, block, absmax, &codes)
    return codes
  }

  func encodeFP4(_ weights: [Float], block: Int, absmax: [Float]) -> [UInt8] {
    var codes = [UInt8](repeating: 0, count: (weights.count + 1) / 2)
    table.encode_fp4(weights, weights.count, block, absmax, &codes)
    return codes
  }

  func widenBF16(_ source: [UInt16]) -> [Float] {
    var result = [Float](repeating: 0, count: source.count)
    table.widen_bf16(source, source.count, &result)
    return result
  }

  func widenF16(_ source: [UInt16]) -> [Float] {
    var result = [Float](repeating: 0, count: source.count)
    table.widen_f16(source, source.count, &result)
    return result
  }

  func narrowBF16(_ source: [Float]) -> [UInt16] {
    var result = [UInt16](repeating: 0, count: source.count)
    table.narrow_bf16(source, source.count, &result)
    return result
  }

  func narrowF16(_ source: [Float]) -> [UInt16] {
    var result = [UInt16](repeating: 0, count: source.count)
    table.narrow_f16(source, source.count, &result)
    return result
  }

  func crc32c(_ bytes: [UInt8], after crc: UInt32 = 0) -> UInt32 {
    table.crc32c(crc, bytes, bytes.count)
  }

  private func blocks(_ count: Int, _ block: Int) -> Int { (count + block - 1) / block }
}
