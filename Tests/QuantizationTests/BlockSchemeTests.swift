// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelTestSupport
import Quantization
import Tensors
import Testing

/// What rounding in fp32 may add to a bound that is exact on paper: a few units in the last place of
/// numbers up to 15 steps.
private let roundingAllowance: Float = 1e-5

/// Error sums are gathered in fp32 lanes within a chunk: as far as they may be from double precision.
private let sumTolerance = 1e-5

@Suite struct BlockSchemeTests {
  /// Not a multiple of any block size, odd, with a last chunk and a last block that are short.
  private static let shape = [5, 2059]

  @Test(arguments: BlockGeometry.permittedSizes, [ElementType.f32, .f16, .bf16])
  func `every block size encodes as the document says`(block: Int, type: ElementType) throws {
    let tensor = TestTensor(
      "w", type, Self.shape, TestTensor.spread(5 * 2059, seed: UInt64(block), scale: 0.3))
    for name in ["nf4", "fp4", "int8", "int4"] {
      let scheme = try Schemes.scheme(named: name, options: SchemeOptions(blockSize: block))
      let encoded = try EncodedTensor(tensor, by: scheme)
      let expected = SchemeRules.encode(tensor.weights, by: name, block: block)
      #expect(Array(encoded.codes.prefix(tensor.weights.count)) == expected.codes, "\(name)")
      #expect(encoded.floats("scales") == expected.scales, "\(name)")
      if name == "int4" {
        let zeros = (encoded.bytes("zeros") ?? []).flatMap { [Int($0 >> 4), Int($0 & 15)] }
        #expect(Array(zeros.prefix(expected.zeros.count)) == expected.zeros)
        #expect(zeros.dropFirst(expected.zeros.count).allSatisfy { $0 == 0 })
      }
    }
  }

  @Test(arguments: [32, 64, 4096])
  func `a tensor encoded in slabs is the tensor encoded whole`(block: Int) throws {
    let tensor = TestTensor(
      "w", .bf16, [3, 9677], TestTensor.spread(3 * 9677, seed: 9, scale: 2))
    for scheme in try SchemeRules.schemes(block: block) {
      let whole = try EncodedTensor(tensor, by: scheme)
      for pairs in [1, 2, 3] {
        let cut = try EncodedTensor(tensor, by: scheme, slab: 2 * block * pairs)
        #expect(cut.components == whole.components, "\(scheme.name), slabs of \(pairs) pairs")
      }
    }
  }

  @Test(arguments: [1, 2, 7, 33, 4097])
  func `rows of any length, encoded in slabs, are the rows encoded whole`(columns: Int) throws {
    let rows = 20
    let tensor = TestTensor(
      "w", .f16, [rows, columns], TestTensor.spread(rows * columns, seed: 3))
    for twice in [false, true] {
      let scheme = try Schemes.scheme(
        named: "int8-row", options: SchemeOptions(doubleQuantization: twice))
      let whole = try EncodedTensor(tensor, by: scheme)
      let cut = try EncodedTensor(tensor, by: scheme, slab: 2 * columns * 3)
      #expect(cut.components == whole.components)
      #expect(whole.bytes("codes")?.count == rows * columns)
      let (codes, _, _) = SchemeRules.encode(tensor.weights, by: "int8", block: columns)
      #expect(whole.codes == codes)
    }
  }

  @Test(arguments: [1, 2, 7, 33, 4097])
  func `int8-ct2: rows of any length are encoded as the document says, in slabs or whole`(
    columns: Int
  ) throws {
    let rows = 20
    var weights = TestTensor.spread(rows * columns, seed: 3)
    // A row of zeros, and one so small that 127 over its maximum would be infinite.
    for column in 0..<columns {
      weights[3 * columns + column] = 0
      weights[5 * columns + column] = .leastNormalMagnitude / 128
    }
    let scheme = try Schemes.scheme(named: "int8-ct2")
    let whole = try EncodedTensor(TestTensor("w", .f32, [rows, columns], weights), by: scheme)
    let cut = try EncodedTensor(
      TestTensor("w", .f32, [rows, columns], weights), by: scheme, slab: 2 * columns * 3)
    #expect(cut.components == whole.components)
    let scales = (0..<rows).map { row in
      let largest = weights[row * columns..<(row + 1) * columns].map(abs).max() ?? 0
      return 127 / max(largest == 0 ? 127 : largest, 127 / .greatestFiniteMagnitude)
    }
    #expect(whole.floats("scales") == scales)
    #expect(
      whole.codes
        == weights.enumerated().map {
          Int(($1 * scales[$0 / columns]).rounded(.toNearestOrEven))
        })
  }

  @Test(arguments: [32, 64, 256])
  func `an int4 weight is restored within half a step, and 0 exactly`(block: Int) throws {
    let weights = TestTensor.spread(4097, seed: 41, scale: 3).enumerated().map { index, weight in
      // Some blocks are one-sided, so that their range must be stretched to hold 0.
      index / block % 3 == 0 ? abs(weight) + 1 : index / block % 3 == 1 ? -abs(weight) : weight
    }
    let encoded = try EncodedTensor(
      TestTensor("w", .f32, [4097], weights),
      by: Schemes.scheme(named: "int4", options: SchemeOptions(blockSize: block)))
    let scales = try #require(encoded.floats("scales"))
    for (index, restored) in encoded.restored().enumerated() {
      let scale = scales[index / block]
      #expect(abs(restored - weights[index]) <= scale * (0.5 + 15 * roundingAllowance))
      if weights[index] == 0 { #expect(restored == 0) }
    }
  }

  @Test(arguments: ["int8", "int8-row"])
  func `an int8 weight is restored within half a 127th of its block's maximum`(
    name: String
  ) throws {
    let tensor = TestTensor("w", .f16, [61, 67], TestTensor.spread(61 * 67, seed: 5, scale: 10))
    let encoded = try EncodedTensor(tensor, by: Schemes.scheme(named: name))
    let scales = try #require(encoded.floats("scales"))
    let block = name == "int8" ? 64 : 67
    for (index, restored) in encoded.restored().enumerated() {
      let step = scales[index / block] / 127
      #expect(abs(restored - tensor.weights[index]) <= step * (0.5 + 127 * roundingAllowance))
    }
  }

  @Test(arguments: ["nf4", "fp4", "int8", "int4", "int8-row", "int8-ct2", "bf16"])
  func `statistics are those of a computation in double precision`(name: String) throws {
    let tensor = TestTensor("w", .f32, [31, 641], TestTensor.spread(31 * 641, seed: 8))
    for twice in [false, true] where !twice || !["int4", "int8-ct2", "bf16"].contains(name) {
      let scheme = try Schemes.scheme(
        named: name, options: SchemeOptions(doubleQuantization: twice))
      let encoded = try EncodedTensor(tensor, by: scheme)
      let restored = encoded.restored()
      var (weightEnergy, restoredEnergy, errorEnergy, product) = (0.0, 0.0, 0.0, 0.0)
      var largest: Float = 0
      for (weight, other) in zip(tensor.weights, restored) {
        weightEnergy += Double(weight) * Double(weight)
        restoredEnergy += Double(other) * Double(other)
        errorEnergy += (Double(weight) - Double(other)) * (Double(weight) - Double(other))
        product += Double(weight) * Double(other)
        largest = max(largest, abs(weight - other))
      }
      let statistics = encoded.statistics
      #expect(statistics.count == restored.count)
      #expect(statistics.maximumAbsoluteError == largest)
      let mean = errorEnergy / Double(restored.count)
      #expect(abs(statistics.meanSquaredError - mean) <= sumTolerance * mean)
      let sqnr = try #require(statistics.sqnr)
      // A relative error of t in either sum moves 10·log10 of their ratio by 10·t/ln 10 each.
      #expect(abs(sqnr - 10 * log10(weightEnergy / errorEnergy)) <= 2 * 10 * sumTolerance / 2.3)
      let cosine = product / (weightEnergy * restoredEnergy).squareRoot()
      #expect(abs(statistics.cosineSimilarity - cosine) <= 2 * sumTolerance)
    }
  }

  @Test func `nothing compared, nothing lost and nothing to lose have sane statistics`() throws {
    #expect(ErrorStatistics().meanSquaredError == 0)
    #expect(ErrorStatistics().sqnr == nil)
    #expect(ErrorStatistics().cosineSimilarity == 1)
    let zeros = TestTensor("w", .f32, [70], [Float](repeating: 0, count: 70))
    let statistics = try EncodedTensor(zeros, by: Schemes.scheme(named: "nf4")).statistics
    #expect(statistics.sqnr == nil)
    #expect(statistics.cosineSimilarity == 1)
  }
}
