// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

extension EncodedWeight {
  /// Reads a weight of E4M3 codes, with one scale for all, for each row, or for each rectangle.
  ///
  /// - Parameters:
  ///   - codes: the array of codes.
  ///   - scales: the array of scales: F32, BF16, F16, or powers of two as F8_E8M0 or U8.
  ///   - blocks: the rows and columns of a rectangle, where a configuration states them.
  ///   - elementType: what the weights were before.
  /// - Throws: ``RuntimeError/malformed(file:tensor:problem:)`` where the arrays do not fit together.
  init(
    e4m3 codes: String, scales: String, blocks: [Int]?, _ elementType: ElementType,
    _ finder: ArrayFinder
  ) throws {
    var finder = finder
    let stored = try finder.array(codes)
    let found = try finder.array(scales)
    let type = found.elementType == .u8 ? ElementType.f8e8m0 : found.elementType
    guard stored.elementType == .f8e4m3, stored.elementCount > 0,
      [.f32, .bf16, .f16, .f8e8m0].contains(type),
      let grid = ScaleGrid(shape: stored.shape, scales: found.shape, blocks: blocks)
    else {
      throw finder.refusal(
        "its codes are \(stored.elementType.rawValue) \(stored.shape) and its scales "
          + "\(found.elementType.rawValue) \(found.shape), which is neither one for all, nor one for each "
          + "row, nor one for each \(blocks.map { "block of \($0)" } ?? "block that config.json states")"
      )
    }
    let run = grid.runLength
    self.init(
      TensorDescription(
        name: finder.name, shape: stored.shape, elementType: elementType,
        scheme: run == grid.columns ? FP8Rows.name : "fp8-blocks",
        storedByteCount: stored.storedByteCount + found.storedByteCount),
      encoding: Encoding(
        component: 0, steps: [.init(.multiply, Encoding(component: 1), block: run)]),
      components: [
        (.init(role: "codes", elementType: .f8e4m3, shape: stored.shape), .stored(codes)),
        (
          .init(role: "scales", elementType: type, shape: [stored.elementCount / run]),
          grid.isRows
            ? .stored(scales)
            : .derived(RepeatedScales(array: scales, grid: grid, width: type.bitWidth / 8))
        ),
      ], foundBy: finder)
    place(at: codes)
  }
}
