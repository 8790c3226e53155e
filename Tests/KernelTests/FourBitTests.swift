// SPDX-License-Identifier: Apache-2.0

import CKernels
import Testing

/// NF4's codebook as its inventors published it.
private let nf4: [Float] = [
  -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
  -0.18477343022823334, -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725,
  0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941,
  0.7229568362236023, 1.0,
]

/// The decision points of bitsandbytes' CUDA kernel, and the codes between them.
private let fp4Points: [Float] = [
  0.00260417, 0.0859375, 0.20833333, 0.29166667, 0.4166667, 0.583333, 0.8333333,
]
private let fp4Codes: [UInt8] = [0, 1, 6, 7, 4, 5, 2, 3]

@Suite struct FourBitTests {
  @Test(arguments: Kernels.all)
  func `an NF4 weight on the midpoint of two values gets the lower, just above it the higher`(
    kernels: Kernels
  ) {
    for code in 0..<15 {
      let midpoint = (nf4[code] + nf4[code + 1]) / 2
      let weights =
        [Float](repeating: midpoint, count: 32)
        + [Float](repeating: midpoint.nextUp, count: 32)
      let codes = kernels.encodeNF4(weights, block: 64, absmax: [1])
      #expect(codes == bytes(of: code, 16) + bytes(of: code + 1, 16))
    }
  }

  @Test(arguments: Kernels.all)
  func `an FP4 weight on a decision point gets the smaller magnitude`(kernels: Kernels) {
    for (step, point) in fp4Points.enumerated() {
      let pairs: [(weight: Float, code: UInt8)] = [
        (point, fp4Codes[step]), (point.nextUp, fp4Codes[step + 1]),
        (-point, fp4Codes[step] | 8), (-point.nextUp, fp4Codes[step + 1] | 8),
      ]
      for (weight, code) in pairs {
        let weights = [Float](repeating: weight, count: 64)
        #expect(
          kernels.encodeFP4(weights, block: 64, absmax: [1]) == bytes(of: Int(code), 32),
          "\(weight)")
      }
    }
  }

  @Test(arguments: Kernels.all)
  func `every value of the NF4 codebook keeps its code`(kernels: Kernels) {
    let weights = nf4 + nf4.reversed()
    let codes = kernels.encodeNF4(weights, block: 32, absmax: [1])
    #expect(
      codes == [0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF]
        + [0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32, 0x10])
  }

  @Test(arguments: Kernels.all)
  func `the first weight of a pair is the high nibble`(kernels: Kernels) {
    let weights: [Float] = [1, -1] + [Float](repeating: 0, count: 62)
    #expect(kernels.encodeNF4(weights, block: 64, absmax: [1]).prefix(2) == [0xF0, 0x77])
    #expect(kernels.encodeFP4(weights, block: 64, absmax: [1]).prefix(2) == [0x3B, 0x00])
  }

  @Test(arguments: Kernels.all)
  func `an odd count ends with the code of zero`(kernels: Kernels) {
    #expect(kernels.encodeNF4([1, 1, 1], block: 64, absmax: [1]) == [0xFF, 0xF7])
    #expect(kernels.encodeFP4([1, 1, 1], block: 64, absmax: [1]) == [0x33, 0x30])
    var codes: [UInt8] = [0, 0]
    kernels.table.encode_uint4([1, 2, 3], 3, 64, [1], [5], &codes)
    #expect(codes == [0x67, 0x85])
  }

  @Test(arguments: Kernels.all)
  func `a block of zeros is encoded as zeros`(kernels: Kernels) {
    let weights: [Float] = [Float](repeating: 0, count: 64) + [Float](repeating: -0.0, count: 33)
    let absmax = kernels.absmax(weights, block: 64).maxima
    #expect(absmax == [0, 0])
    #expect(kernels.encodeNF4(weights, block: 64, absmax: absmax) == bytes(of: 7, 49))
    #expect(kernels.encodeFP4(weights, block: 64, absmax: absmax) == bytes(of: 0, 49))
  }

  @Test(arguments: Kernels.all)
  func `a subnormal absmax does not make its reciprocal infinite`(kernels: Kernels) {
    // Below 1e-38 the factor is 1e38: the weight 1.4e-45 is normalized to 1.4e-7.
    let weights: [Float] = [.leastNonzeroMagnitude, -.leastNonzeroMagnitude]
    #expect(kernels.encodeNF4(weights, block: 2, absmax: [.leastNonzeroMagnitude]) == [0x77])
    #expect(kernels.encodeFP4(weights, block: 2, absmax: [.leastNonzeroMagnitude]) == [0x08])
    let larger: [Float] = [0x1p-126, -0x1p-126]
    #expect(kernels.encodeNF4(larger, block: 2, absmax: [0x1p-126]) == [0xF0])
  }

  @Test(arguments: Kernels.all)
  func `65536 weights give bitsandbytes' bytes`(kernels: Kernels) {
    // bitsandbytes 0.50.2 on a CPU: SHA-256 of its codes begins ac6178288bb52225, of its scales
    // b25465ccd40a34fe; a numpy model of the rule that gave those digests gave these CRCs. The FP4
    // codes follow the CUDA rule, for which the same model is the only source.
    var state: UInt32 = 12345
    let source = (0..<65536).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return Float((Double(state) / 4_294_967_296 - 0.5) * 0.25)
    }
    let narrow = kernels.narrowBF16(source)
    #expect(Array(narrow.prefix(4)) == [0xBDF6, 0xBDF8, 0x3C31, 0x3D0A])
    let weights = kernels.widenBF16(narrow)
    let absmax = kernels.absmax(weights, block: 64).maxima
    #expect(absmax.first == 0.12353515625)
    #expect(kernels.crc32c(absmax.withUnsafeBytes(Array.init)) == 0xFBB7_D62B)
    let codes = kernels.encodeNF4(weights, block: 64, absmax: absmax)
    #expect(Array(codes.prefix(4)) == [0x00, 0x8A, 0xE1, 0x78])
    #expect(kernels.crc32c(codes) == 0x638D_A7D9)
    let fp4 = kernels.encodeFP4(weights, block: 64, absmax: absmax)
    #expect(kernels.crc32c(fp4) == 0xAA5A_FDE2)
  }

  @Test(arguments: Kernels.all)
  func `decoding takes the table's value times the block's scale`(kernels: Kernels) {
    let codes: [UInt8] = (0..<32).map { UInt8($0 * 37 & 255) }
    var restored = [Float](repeating: .nan, count: 63)
    kernels.table.decode_lookup4(codes, 63, 32, nf4, [2, -3], &restored)
    for i in 0..<63 {
      let code = i % 2 == 0 ? codes[i / 2] >> 4 : codes[i / 2] & 15
      #expect(restored[i] == nf4[Int(code)] * (i < 32 ? 2 : -3))
    }
  }
}

private func bytes(of code: Int, _ count: Int) -> [UInt8] {
  [UInt8](repeating: UInt8(code << 4 | code), count: count)
}
