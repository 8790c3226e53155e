// SPDX-License-Identifier: Apache-2.0

import Tensors

extension TensorDescription {
  /// Whether it is a stack of matrices, and of so many that there may be as many experts.
  var isStack: Bool {
    shape.count == 3 && (1...4096).contains(shape[0]) && elementCount > 0
  }
}

/// How mlx-lm names and stores the tensors of a family, where a checkpoint does it otherwise.
struct MLXFamily: Sendable {
  /// Matrices that mlx-lm stacks, one expert upon the other.
  struct Experts: Sendable {
    /// The module in which a checkpoint has an expert for each number.
    var module: String
    /// The module of the stacks.
    var stacked: String
    /// The layers of an expert, by their names there and here.
    var layers: [(checkpoint: String, stack: String)]
  }

  /// A beginning of names that is another one in mlx-lm.
  struct Prefix: Sendable {
    var checkpoint: String
    var runtime: String
  }

  /// How the family has its output head in mlx-lm.
  enum Head: Sendable {
    /// A tensor of its own, or the embedding where `config.json` says so.
    case either
    /// Always a tensor of its own.
    case own
    /// Always the embedding.
    case tied
  }

  /// What `config.json` calls the family.
  var modelTypes: [String]
  /// The first that fits a name is replaced; no prefix stands before names without one.
  var prefixes: [Prefix] = []
  /// How the names of tensors end that mlx-lm has no place for.
  var dropped: [String] = [".rotary_emb.inv_freq"]
  /// How the names of matrices end that a checkpoint has a row for each input of (Conv1D).
  var transposed: [String] = []
  var experts: Experts?
  /// Whether a checkpoint has all experts' gates and inputs in one tensor, a column from each in turn.
  var hasInterleavedExperts = false
  /// Modules that mlx-lm can't load quantized, or loads only after a second rounding.
  var plainModules: [String] = []
  /// Modules that mlx-lm gives eight bits and groups of 64 by default.
  var fineModules: [String] = []
  var head = Head.either
  /// The names of the head's and the embedding's weights in a checkpoint.
  var headName = "lm_head.weight"
  var embeddingName = "model.embed_tokens.weight"
  /// Keys of `config.json` that mlx-lm needs, and those from which they are known.
  var keys: [(needed: String, known: String)] = []
  /// Whether mlx-lm knows by a number after how many layers one attends to all positions.
  var hasWindowRhythm = false
  /// Whether mlx-lm computes attention over all positions where `config.json` has a sliding window.
  var ignoresWindow = false

  /// The name in mlx-lm of a tensor of the checkpoint.
  func runtimeName(_ name: String) -> String {
    for prefix in prefixes where name.hasPrefix(prefix.checkpoint) {
      return prefix.runtime + name.dropFirst(prefix.checkpoint.count)
    }
    return name
  }

  /// The name in a checkpoint of a tensor of mlx-lm's: the inverse.
  func checkpointName(_ name: String) -> String {
    for prefix in prefixes where name.hasPrefix(prefix.runtime) {
      return prefix.checkpoint + name.dropFirst(prefix.runtime.count)
    }
    return name
  }
}
