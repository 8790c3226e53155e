// SPDX-License-Identifier: Apache-2.0

import Tensors

/// Why a tensor can't be quantized, or a recipe not be followed.
package enum QuantizationError: Error, Equatable {
  /// A weight that is quantized must be finite.
  case nonFinite(tensor: String, index: Int)
  /// A weight must fit in the type that it is rounded to (that of a cast, F16 for `int8-row`), and
  /// what is restored in its place in F32.
  case outsideRange(tensor: String, index: Int, type: ElementType)
  /// Only F16, BF16 and F32 weights are quantized.
  case unsupportedElementType(tensor: String, type: ElementType)
  /// A scheme per row needs rows: rank 2 or more, and rows of at most this length.
  case noRows(tensor: String, shape: [Int], longestRow: Int)
  /// Blocks that lie in rows divide them.
  case rowLength(tensor: String, scheme: String, shape: [Int], multipleOf: Int)
  /// A block size is a power of two from 32 to 4096.
  case blockSize(Int)
  /// A scheme may have groups of a few sizes only.
  case groupSize(scheme: String, size: Int, permitted: [Int])
  /// Only some schemes take a row for a block.
  case blocksAreNoRows(scheme: String)
  /// The scheme must be one that exists.
  case unknownScheme(name: String, known: [String])
  /// Double quantization compresses absolute maxima, so the scheme must have such scales.
  case noDoubleQuantization(scheme: String)
  /// A scheme without blocks takes no block size.
  case noBlocks(scheme: String)
  /// A scheme whose blocks have one size takes no other.
  case fixedBlocks(scheme: String, size: Int)
  /// A component that is copied holds exactly the numbers that its tensor needs.
  case components(tensor: String, problem: String)
  /// The recipe must be YAML of the shape that the documentation gives.
  case recipe(path: String, problem: String)
}

extension QuantizationError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .nonFinite(let tensor, let index):
      "tensor \(tensor.quoted): weight \(index) is NaN or infinite; repair the checkpoint, or pass "
        + "--keep-non-finite to leave such tensors in their source type"
    case .outsideRange(let tensor, let index, let type):
      "tensor \(tensor.quoted): weight \(index) is so large that it becomes infinite in "
        + "\(type.rawValue), which the scheme needs; choose another scheme for this tensor in a recipe"
    case .unsupportedElementType(let tensor, let type):
      "tensor \(tensor.quoted): \(type.rawValue) weights are not quantized, only F16, BF16 and F32; "
        + "give it the scheme keep in the recipe"
    case .noRows(let tensor, let shape, let longest):
      "tensor \(tensor.quoted): shape \(shape) has no rows for a scheme per row (rank 2 or more, rows of "
        + "at most \(longest) weights); choose the scheme int8 for it in a recipe"
    case .rowLength(let tensor, let scheme, let shape, let multiple):
      "tensor \(tensor.quoted): shape \(shape) has no rows of a multiple of \(multiple) weights, which "
        + "\(scheme) needs; choose another scheme for it in a recipe"
    case .blockSize(let size):
      "block size \(size) is not a power of two from 32 to 4096; use 64 unless you know better"
    case .groupSize(let scheme, let size, let permitted):
      "scheme \(scheme) has no groups of \(size) weights; use "
        + permitted.map(String.init).joined(separator: ", ")
    case .blocksAreNoRows(let scheme):
      "scheme \(scheme) has no blocks as long as a row; give a number, or use w4a16, w8a16, w4a16-asym or "
        + "int8-row"
    case .unknownScheme(let name, let known):
      "there is no scheme \(name.quoted); choose one of \(known.joined(separator: ", "))"
    case .noDoubleQuantization(let scheme):
      "scheme \(scheme) has no absolute maxima to quantize a second time; leave out double "
        + "quantization, or use nf4, fp4, int8 or int8-row"
    case .noBlocks(let scheme):
      "scheme \(scheme) has no blocks; leave out the block size"
    case .fixedBlocks(let scheme, let size):
      "scheme \(scheme) has blocks of \(size) weights and no others; leave out the block size"
    case .components(let tensor, let problem):
      "tensor \(tensor.quoted): \(problem), so its codes can't be copied; run halftone dequantize"
    case .recipe(let path, let problem):
      "\(path): \(problem); formats/recipes.md describes what a recipe may say"
    }
  }
}

extension QuantizationError {
  /// The tensor that it is about, or nil where no tensor was looked at.
  package var tensor: String? {
    switch self {
    case .nonFinite(let tensor, _), .outsideRange(let tensor, _, _),
      .unsupportedElementType(let tensor, _), .noRows(let tensor, _, _),
      .components(let tensor, _),
      .rowLength(let tensor, _, _, _):
      tensor
    case .groupSize, .blocksAreNoRows, .blockSize, .unknownScheme, .noDoubleQuantization, .noBlocks,
      .fixedBlocks, .recipe:
      nil
    }
  }
}
