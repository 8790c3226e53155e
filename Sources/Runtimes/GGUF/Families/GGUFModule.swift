// SPDX-License-Identifier: Apache-2.0

/// A module's two names, and how its tensors differ between the two formats.
///
/// In names, `#` stands for the number of a layer and `@` for that of an expert. They are without
/// `.weight` and `.bias`, which both formats have; a tensor that is called otherwise is named completely.
struct GGUFModule: Sendable {
  /// In GGUF: `blk.#.attn_q`.
  let stored: String
  /// In a checkpoint: `model.layers.#.self_attn.q_proj`.
  let name: String
  var difference = GGUFDifference.none
  /// What its tensors are called, as a checkpoint would, once they are arranged: a stack has the name
  /// that its parts have in common, and of a module that becomes two each has its own.
  let arrangedName: String

  init(
    _ stored: String, _ name: String, _ difference: GGUFDifference = .none,
    arranged: String? = nil
  ) {
    self.stored = stored
    self.name = name
    self.difference = difference
    arrangedName = arranged ?? name.replacing(".@", with: "")
  }
}

/// How a tensor in a GGUF file differs from the checkpoint's.
enum GGUFDifference: Sendable, Equatable {
  case none
  /// The rows of each head are in the order in which llama.cpp rotates them: row i of the first half
  /// beside row i of the second.
  case rotaryRows(GGUFHeads)
  /// Rows of queries, keys and values are each together, where the checkpoint has them head by head,
  /// or group by group: the queries that share a key, the key, the value.
  case gatheredRows
  /// Rows and columns are exchanged.
  case transposed
  /// Each number is greater by 1.
  case plusOne
  /// Matrices of all experts are stacked in one tensor.
  case stacked
  /// The rows that make keys of narrow states, head by head and transposed; the checkpoint has them
  /// before those that make values.
  case latentKeys
  /// The rows that make values of narrow states, head by head.
  case latentValues
  /// The matrix of each expert is transposed.
  case transposedStack
  /// Of each expert's columns, or numbers, every other one, as rows.
  case everyOther(first: Int)
}

/// Whose heads a row belongs to.
enum GGUFHeads: Sendable, Equatable {
  case queries
  case keys
}
