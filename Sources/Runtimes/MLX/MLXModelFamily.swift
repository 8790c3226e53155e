// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

/// What mlx-lm makes of one model: its family, and what `config.json` says of the head.
struct MLXModelFamily {
  let family: MLXFamily
  /// Whether the output head is the embedding.
  let isTied: Bool
  /// The number of layers that `config.json` states, or nil.
  let layerCount: Int?
  /// Whether `config.json` has a sliding window that mlx-lm passes over.
  let losesWindow: Bool

  /// Finds out.
  ///
  /// - Throws: ``RuntimeError`` where `config.json` is missing or malformed, or mlx-lm lacks the family.
  init(of source: any ModelSource) throws(RuntimeError) {
    guard let config = source.asset("config.json") else {
      throw .configuration(problem: "is missing")
    }
    let members = try MLXConfiguration.members(config)
    guard let type = members["model_type"].flatMap(JSONMembers.string) else {
      throw .configuration(problem: "has no model_type")
    }
    guard let family = MLXFamily.named(type) else {
      throw .family(format: MLX.name, family: type, problem: "mlx-lm has no such model")
    }
    self.family = family
    layerCount =
      ["num_hidden_layers", "n_layer"].lazy.compactMap { members[$0] }
      .compactMap { Int($0) }.first
    let window = members["sliding_window"].flatMap { Int($0) }
    losesWindow = family.ignoresWindow && window != nil
    // Transformers' default depends on the family; what counts is whether there is a head.
    let hasHead = source.description(of: family.headName) != nil
    isTied = members["tie_word_embeddings"] == "true" || !hasHead
    if family.head == .tied, !isTied {
      throw .family(
        format: MLX.name, family: type,
        problem: "mlx-lm computes logits with the embedding, and this model has a head of its own")
    }
  }
}
