// SPDX-License-Identifier: Apache-2.0

import CKernels
import TestSupport
import Testing

@Suite struct ByteKernelTests {
  @Test(arguments: Kernels.all)
  func `CRC-32C gives the published check value`(kernels: Kernels) {
    #expect(kernels.crc32c(Array("123456789".utf8)) == 0xE306_9283)
    #expect(kernels.crc32c([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(kernels.crc32c([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(kernels.crc32c([]) == 0)
  }

  @Test(arguments: Kernels.all)
  func `a CRC can be continued and combined at any place`(kernels: Kernels) {
    var generator = SeededGenerator(seed: 5)
    let bytes = (0..<20_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let whole = kernels.crc32c(bytes)
    for cut in [0, 1, 7, 384, 512, 4096, 16_384, 16_896, 19_999, 20_000] {
      let first = Array(bytes[..<cut]), second = Array(bytes[cut...])
      #expect(kernels.crc32c(second, after: kernels.crc32c(first)) == whole)
      #expect(
        halftone_crc32c_combine(kernels.crc32c(first), kernels.crc32c(second), UInt64(second.count))
          == whole)
    }
  }

  @Test func `a run longer than memory can be combined`() {
    // Moving a CRC twice equals moving it by the sum.
    let far: UInt64 = 1 << 50
    let once = halftone_crc32c_combine(0x1234_5678, 0, far)
    let twice = halftone_crc32c_combine(once, 0, far + 3)
    #expect(twice == halftone_crc32c_combine(0x1234_5678, 0, 2 * far + 3))
  }

  @Test(arguments: Kernels.all)
  func `planes hold the elements' bytes in order and join again`(kernels: Kernels) {
    let bytes = (0..<4 * 67).map { UInt8($0 % 251) }
    var planes = [UInt8](repeating: 0, count: bytes.count)
    var joined = planes
    kernels.table.split_planes4(bytes, 67, &planes)
    #expect(planes == (0..<4).flatMap { p in (0..<67).map { bytes[4 * $0 + p] } })
    kernels.table.join_planes4(planes, 67, &joined)
    #expect(joined == bytes)
    kernels.table.split_planes2(bytes, 134, &planes)
    #expect(planes == (0..<2).flatMap { p in (0..<134).map { bytes[2 * $0 + p] } })
    kernels.table.join_planes2(planes, 134, &joined)
    #expect(joined == bytes)
  }
}

@Suite struct ErrorSumTests {
  @Test(arguments: Kernels.all)
  func `sums over pairs are exact where floats are, and add to what is there`(kernels: Kernels) {
    let x: [Float] = (0..<5000).map { Float($0 % 7) }
    let y: [Float] = (0..<5000).map { Float($0 % 7) - ($0 == 4999 ? 2.5 : 1) }
    var sums = halftone_error_sums(xx: 1, yy: 2, ee: 3, max_absolute: 0.5)
    kernels.table.error_sums(x, y, x.count, &sums)
    let pairs = zip(x.map(Double.init), y.map(Double.init))
    #expect(sums.xx == 1 + pairs.reduce(0) { $0 + $1.0 * $1.0 })
    #expect(sums.yy == 2 + pairs.reduce(0) { $0 + $1.1 * $1.1 })
    #expect(sums.ee == 3 + 4999 + 6.25)
    #expect(sums.max_absolute == 2.5)
  }

  @Test(arguments: Kernels.all)
  func `the order of summation is the documented one`(kernels: Kernels) {
    var generator = SeededGenerator(seed: 6)
    let x = (0..<9001).map { _ in Float.random(in: -1...1, using: &generator) }
    let y = x.map { $0 * 0.75 }
    var expected = 0.0
    for start in stride(from: 0, to: x.count, by: 4096) {
      var lanes = [Float](repeating: 0, count: 16)
      for i in start..<min(start + 4096, x.count) {
        let e = x[i] - y[i]
        lanes[(i - start) % 16].addProduct(e, e)
      }
      for lane in lanes { expected += Double(lane) }
    }
    var sums = halftone_error_sums()
    kernels.table.error_sums(x, y, x.count, &sums)
    #expect(sums.ee == expected)
  }
}
