// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Conversion
import Foundation
import Quantization
import Tensors
import TestSupport
import Testing

@testable import Inference

/// How many results of one product may differ from the reference's, which sums outliers in another
/// order: of 960, and by one step of fp16 each.
private let differingResults = 2
private let fp16Step: Float = 0x1p-10

/// Of the distance that rounding puts between the reference's own logits in fp32 and in the type.
///
/// Measured: nothing in bf16, 0.03 in fp16; LLM.int8() against itself with fp16 products 0.02.
private let distanceTolerance = 0.25

/// Products and models of bitsandbytes, computed as it does.
@Suite struct ByteProductTests {
  private static let folder = Fixtures.folder.appending(path: "compute")

  private func tensors(_ name: String) throws -> SafetensorsModel {
    try SafetensorsModel(path: Self.folder.appending(path: "\(name).safetensors").path)
  }

  /// The matrix of the product that the fixture has.
  private func matrix(_ file: SafetensorsModel) throws -> CodedMatrix {
    let codes = try file.numbers("codes")
    let scales = try file.numbers("scales")
    return CodedMatrix(
      kind: .bytes(factor: 7.874015718698502e-3), rowCount: scales.count,
      columnCount: codes.count / scales.count, block: codes.count / scales.count,
      codes: RetainedBytes(count: codes.count) { bytes in
        for (place, code) in codes.enumerated() { bytes[place] = UInt8(bitPattern: Int8(code)) }
      },
      isLowFirst: false, scales: BlockNumbers(scales), zeros: nil, offsets: nil)
  }

  @Test func `products with outliers are those of bitsandbytes`() throws {
    let file = try tensors("int8-product")
    let model = try Decoder(
      openModel(at: Fixtures.folder.appending(path: "families/llama").path), threads: 2,
      compute: .llmInt8)
    let matrix = try matrix(file)
    let (x, bias) = (try file.numbers("x"), try file.numbers("bias"))
    let width = matrix.columnCount
    let rows = x.count / width
    func products(_ rows: Range<Int>) -> [Float] {
      var out = [Float](repeating: .nan, count: rows.count * matrix.rowCount)
      x.withUnsafeBufferPointer { x in
        guard let start = x.baseAddress else { return }
        model.multiplyBytes(
          matrix, start + rows.lowerBound * width, rows: rows.count, bias: bias, into: &out,
          stride: matrix.rowCount)
      }
      return out
    }
    func check(_ found: [Float], _ name: String) throws {
      let expected = try file.numbers(name)
      #expect(found.count == expected.count)
      let different = zip(found, expected).filter { $0 != $1 }
      #expect(different.count <= differingResults, "\(name)")
      #expect(different.allSatisfy { abs($0 - $1) <= 2 * fp16Step * abs($1) }, "\(name)")
    }
    try check(products(0..<rows), "y")
    // Alone, a row has no column that another one's outlier takes out of the bytes.
    try check((0..<rows).flatMap { products($0..<$0 + 1) }, "single")
  }

  @Test(arguments: [
    ("nf4", Compute.bf16), ("nf4", .f16), ("int8", .llmInt8),
  ])
  func `models of bitsandbytes are computed as there`(kind: String, compute: Compute) throws {
    let file = try tensors("bitsandbytes")
    let folder = Fixtures.folder.appending(path: "bitsandbytes/models/\(kind)").path
    let ids = try file.tokens("input_ids")
    func logits(_ compute: Compute) throws -> [Float] {
      try Decoder(openModel(at: folder), threads: 2, compute: compute).logits(ofWindow: ids)
    }
    let expected = try file.numbers("\(kind).\(compute.rawValue)")
    let error = relativeError(try logits(compute), expected)
    let distance = relativeError(try logits(.f32), expected)
    #expect(error <= distanceTolerance * distance, "\(error), from fp32 \(distance)")
  }

  @Test func `a sequence's products don't depend on the others in its batch`() throws {
    let folder = Fixtures.folder.appending(path: "bitsandbytes/models/int8").path
    let model = try Decoder(openModel(at: folder), threads: 2, compute: .llmInt8)
    let windows: [[Int32]] = [[1, 5, 9, 2], [3, 3, 7, 8], [4, 0, 6, 11]]
    let together = try model.hiddenStates(of: windows, observe: nil)
    let alone = try windows.flatMap { try model.hiddenStates(of: [$0], observe: nil) }
    #expect(together == alone)
  }
}
