// SPDX-License-Identifier: Apache-2.0

extension OutputHead {
  /// The embedding's own weights, or those of a module.
  init(tied: Bool, to tokens: TensorReference, else name: String = "lm_head", bias: Bool = false) {
    let (vocabulary, width) = (tokens.shape[0], tokens.shape[1])
    projection = Projection(name, from: width, to: vocabulary, bias: bias)
    if tied { projection.weight = tokens }
  }
}

extension Configuration {
  /// Whether the head is the embedding.
  ///
  /// A head that is stored is used whatever the file says, as in the reference implementation:
  /// where the two are tied it holds the same numbers.
  func tiesHead(
    default: Bool, names: StoredNames, name: String = "lm_head"
  ) throws -> Bool {
    let tied = try flag("tie_word_embeddings", default: `default`)
    return tied && !names.contains("\(name).weight")
  }
}
