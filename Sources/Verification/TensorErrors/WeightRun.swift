// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantization
import Tensors

/// A run of weights of one tensor, small enough for a buffer.
struct WeightRun: Sendable {
  /// Weights per run.
  ///
  /// A multiple of the 4096 weights after which the error kernel closes its sums, so that the
  /// statistics don't depend on how a tensor is cut, and of the common block sizes.
  static let weightCount = 1 << 20

  /// The tensor's place in the list.
  var tensor: Int
  /// The weights, row-major; all of them where bytes are compared.
  var weights: Range<Int>

  /// Cuts a tensor; one without numbers stays whole.
  static func cut(_ pair: TensorPair, tensor: Int) -> [WeightRun] {
    let all = 0..<pair.original.elementCount
    return (pair.isNumeric ? all.pieces(of: weightCount) : [all]).map {
      WeightRun(tensor: tensor, weights: $0)
    }
  }

  /// The sums over this run; nil where bytes were compared and differ.
  ///
  /// - Parameter buffers: each with room for ``weightCount`` numbers.
  func compare(
    _ pair: TensorPair, _ original: any ModelSource, _ candidate: any ModelSource,
    _ buffers: (UnsafeMutableBufferPointer<Float>, UnsafeMutableBufferPointer<Float>)
  ) throws -> ErrorStatistics? {
    let name = pair.original.name
    guard pair.isNumeric else {
      let equal = try original.withStoredBytes(of: name) { bytes in
        try candidate.withStoredBytes(of: name) { other in
          guard let a = bytes.baseAddress, let b = other.baseAddress else {
            return bytes.count == other.count
          }
          return bytes.count == other.count && memcmp(a, b, bytes.count) == 0
        }
      }
      return equal ? ErrorStatistics() : nil
    }
    try original.read(name, elements: weights, into: buffers.0)
    try candidate.read(name, elements: weights, into: buffers.1)
    return ErrorStatistics(comparing: buffers.0, with: buffers.1, count: weights.count)
  }
}
