// SPDX-License-Identifier: Apache-2.0

/// A linear map: `y = weight * x + bias`.
struct Projection: Sendable {
  /// Rows of `inputSize`, one for each output.
  var weight: TensorReference
  /// One for each output.
  var bias: TensorReference?
  var rounding = ProjectionRounding.once

  var outputSize: Int { weight.shape[0] }
  var inputSize: Int { weight.shape[1] }

  /// The projection under a module's name: `name.weight` and, where asked for, `name.bias`.
  ///
  /// - Parameter transposed: whether a row of the stored weight belongs to an input.
  init(
    _ name: String, from inputSize: Int, to outputSize: Int, bias: Bool = false,
    transposed: Bool = false
  ) {
    weight = TensorReference(
      name: "\(name).weight",
      shape: transposed ? [inputSize, outputSize] : [outputSize, inputSize])
    weight.isTransposed = transposed
    self.bias = bias ? TensorReference(name: "\(name).bias", shape: [outputSize]) : nil
  }

  init(weight: TensorReference, bias: TensorReference? = nil) {
    self.weight = weight
    self.bias = bias
  }

  /// The projection to some of the outputs of one that has all.
  func taking(_ selection: OutputSelection) -> Projection {
    var part = self
    part.weight.selection = selection
    part.bias?.selection = selection
    return part
  }
}
