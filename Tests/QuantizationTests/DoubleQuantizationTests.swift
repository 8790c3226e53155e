// SPDX-License-Identifier: Apache-2.0

import ModelTestSupport
import Testing

@testable import Quantization

@Suite struct DoubleQuantizationTests {
  /// The search of bitsandbytes' GPU kernel: seven halving steps from entry 127, which end at an even
  /// entry, then one comparison with the midpoint to its neighbour.
  private func searchedCode(_ number: Float) -> UInt8 {
    let map = DynamicMap.values
    var (pivot, lower, upper) = (127, 0, 255)
    for step in [64, 32, 16, 8, 4, 2, 1] {
      if number > map[pivot] {
        lower = pivot
        pivot += step
      } else {
        upper = pivot
        pivot -= step
      }
    }
    if number > map[pivot] {
      return UInt8(number > (map[upper] + map[pivot]) * 0.5 ? upper : pivot)
    }
    return UInt8(number < (map[lower] + map[pivot]) * 0.5 ? lower : pivot)
  }

  /// Codes of numbers in −1 … 1, in groups whose largest deviation is 1 and whose mean is 0.
  private func codes(of numbers: [Float]) -> [UInt8] {
    var scales: [Float] = []
    for start in stride(from: 0, to: numbers.count, by: 127) {
      scales += [1, -1] + numbers[start..<min(start + 127, numbers.count)].flatMap { [$0, -$0] }
    }
    var restored = [Float](repeating: .nan, count: scales.count)
    let bytes = scales.withUnsafeBufferPointer { scales in
      restored.withUnsafeMutableBufferPointer {
        DoubleQuantization.quantize(scales, restored: $0)
      }
    }
    #expect(bytes[2] == [0, 0, 0, 0])
    #expect(restored == bytes[0].map { DynamicMap.values[Int($0)] })
    return numbers.indices.map { bytes[0][$0 / 127 * 256 + 2 + $0 % 127 * 2] }
  }

  @Test func `every entry of the map keeps its code`() {
    #expect(codes(of: DynamicMap.values) == Array(0...255))
  }

  @Test func `halfway between two entries the even code is taken, beside it the nearest`() {
    let map = DynamicMap.values
    let midpoints = zip(map, map.dropFirst()).map { ($0 + $1) * 0.5 }
    let below: [UInt8] = Array(0...254)
    let above: [UInt8] = Array(1...255)
    let even: [UInt8] = zip(below, above).map { $0 % 2 == 0 ? $0 : $1 }
    #expect(codes(of: midpoints) == even)
    #expect(codes(of: midpoints.map(\.nextUp)) == above)
    #expect(codes(of: midpoints.map(\.nextDown)) == below)
  }

  @Test func `codes are those of the GPU's search`() {
    var numbers = TestTensor.spread(3000, seed: 30)
    numbers += DynamicMap.values
    numbers += DynamicMap.values.map(\.nextUp)
    numbers += [-1, -0.0, 0, .leastNonzeroMagnitude, -0.997, 0.999]
    let clamped = numbers.map { min(1, max(-1, $0)) }
    #expect(codes(of: clamped) == clamped.map(searchedCode))
  }

  @Test func `scales that are all alike are their offset`() {
    for scale: Float in [0, 0.1, 3e38, .leastNonzeroMagnitude] {
      let scales = [Float](repeating: scale, count: 300)
      var restored = [Float](repeating: .nan, count: 300)
      let bytes = scales.withUnsafeBufferPointer { scales in
        restored.withUnsafeMutableBufferPointer {
          DoubleQuantization.quantize(scales, restored: $0)
        }
      }
      #expect(restored == scales)
      #expect(bytes[0] == [UInt8](repeating: 0, count: 300))
      #expect(bytes[1] == [UInt8](repeating: 0, count: 8))
    }
  }
}
