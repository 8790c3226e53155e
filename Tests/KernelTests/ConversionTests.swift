// SPDX-License-Identifier: Apache-2.0

import CKernels
import Testing

@Suite struct ConversionTests {
  @Test(arguments: Kernels.all)
  func `every half and every bfloat survives widening and narrowing`(kernels: Kernels) {
    let all = (UInt16.min...UInt16.max).map { $0 }
    // A signalling NaN comes back quiet.
    let quietF16 = all.map { $0 & 0x7FFF > 0x7C00 ? $0 | 0x0200 : $0 }
    let quietBF16 = all.map { $0 & 0x7FFF > 0x7F80 ? $0 | 0x0040 : $0 }
    #expect(kernels.narrowF16(kernels.widenF16(all)) == quietF16)
    #expect(kernels.narrowBF16(kernels.widenBF16(all)) == quietBF16)
  }

  @Test(arguments: Kernels.all)
  func `widening gives the value that the bits stand for`(kernels: Kernels) {
    let halves: [UInt16] = [0x0000, 0x8000, 0x0001, 0x03FF, 0x0400, 0x3C00, 0xBC01, 0x7BFF, 0x7C00]
    let values: [Float] = [
      0, -0.0, 0x1p-24, 0x1.FF8p-15, 0x1p-14, 1, -0x1.004p0, 65504, .infinity,
    ]
    #expect(kernels.widenF16(halves).map(\.bitPattern) == values.map(\.bitPattern))
    #expect(kernels.widenBF16([0x3F80, 0xC040, 0xFF80]) == [1, -3, -.infinity])
  }

  @Test(arguments: Kernels.all)
  func `narrowing rounds to nearest, ties to even, overflow to infinity`(kernels: Kernels) {
    let floats: [Float] = [
      0x1.002p0, 0x1.006p0, 0x1.002002p0, 65519.996, 65520, -1e9, 0x1p-25, 0x1.000002p-25,
      0x1.8p-24,
    ]
    #expect(
      kernels.narrowF16(floats)
        == [0x3C00, 0x3C02, 0x3C01, 0x7BFF, 0x7C00, 0xFC00, 0x0000, 0x0001, 0x0002])
    let wider: [Float] = [0x1.01p0, 0x1.03p0, 0x1.010002p0, .greatestFiniteMagnitude, .nan]
    #expect(kernels.narrowBF16(wider) == [0x3F80, 0x3F82, 0x3F81, 0x7F80, 0x7FC0])
  }
}

@Suite struct ScaleTests {
  @Test(arguments: Kernels.all)
  func `extremes are taken block by block, the last one shorter`(kernels: Kernels) {
    let weights: [Float] = (0..<70).map { $0 % 2 == 0 ? Float($0) : -Float($0) }
    let absmax = kernels.absmax(weights, block: 32)
    #expect(absmax.maxima == [31, 63, 69] && absmax.isFinite)
    let minmax = kernels.minmax(weights, block: 32)
    #expect(minmax.minima == [-31, -63, -69] && minmax.maxima == [30, 62, 68] && minmax.isFinite)
  }

  @Test(arguments: Kernels.all)
  func `a weight that is not finite is reported wherever it stands`(kernels: Kernels) {
    for value in [Float.nan, -.nan, .infinity, -.infinity, .signalingNaN] {
      for position in [0, 13, 63, 64, 99] {
        var weights = [Float](repeating: 1, count: 100)
        weights[position] = value
        #expect(!kernels.absmax(weights, block: 64).isFinite)
        #expect(!kernels.minmax(weights, block: 64).isFinite)
      }
    }
    #expect(kernels.absmax([.greatestFiniteMagnitude], block: 1).isFinite)
    #expect(kernels.minmax([-.greatestFiniteMagnitude], block: 1).isFinite)
  }
}

@Suite struct IntegerTests {
  @Test(arguments: Kernels.all)
  func `int8 rounds halves to even and never gives -128`(kernels: Kernels) {
    let weights: [Float] = [127, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 126.5, -128, 1e30, -1e30]
    let expected: [Int8] = [127, 0, 2, 2, 0, -2, -2, 126, -127, 127, -127]
    for start in [0, 32] {
      let padded = [Float](repeating: 0, count: start) + weights + [Float](repeating: 0, count: 40)
      var codes = [Int8](repeating: 99, count: padded.count)
      kernels.table.encode_int8(padded, padded.count, 4096, [1], &codes)
      #expect(Array(codes[start..<start + weights.count]) == expected)
    }
  }

  @Test(arguments: Kernels.all)
  func `uint4 rounds before it adds the zero point`(kernels: Kernels) {
    // 0.5 rounds to 0 and 1.5 to 2, whatever the zero point's parity.
    let weights: [Float] = [0.5, 1.5, -0.5, -1.5, -9, 30, 2, 3]
    var codes = [UInt8](repeating: 0, count: 4)
    kernels.table.encode_uint4(weights, 8, 8, [1], [3], &codes)
    #expect(codes == [0x35, 0x31, 0x0F, 0x56])
  }
}
