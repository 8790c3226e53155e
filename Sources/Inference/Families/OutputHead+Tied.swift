// SPDX-License-Identifier: Apache-2.0

extension OutputHead {
  /// The embedding's own weights, or those of a module.
  init(tied: Bool, to tokens: TensorReference, else name: String, bias: Bool = false) {
    let (vocabulary, width) = (tokens.shape[0], tokens.shape[1])
    projection = Projection(name, from: width, to: vocabulary, bias: bias)
    if tied { projection.weight = tokens }
  }
}
