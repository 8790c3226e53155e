// SPDX-License-Identifier: Apache-2.0

/// Where a module of a checkpoint is among a decoder's variables.
struct CTranslate2Module: Sendable, Equatable {
  /// Which rows of the variable the module's rows are.
  enum Rows: Sendable, Equatable {
    case all
    /// The first rows of a module that makes queries, keys and values at once.
    case queries
    /// Those behind.
    case keys
    /// The last ones.
    case values
    /// All rows of such a module; the checkpoint has for one group after the other its queries, its key
    /// and its value, the variable all queries, all keys, all values.
    case gathered
    /// The first half of the module's rows are all of this variable's, the second half all of another.
    case halves(second: String)
    /// All but the first few, which no position uses.
    case skipping(Int)
  }

  /// What a variable of a module is called by what it is in a checkpoint.
  enum Kind: Sendable {
    case linear, norm, positions
  }

  /// As a checkpoint names it behind what all its names begin with, with `#` for the layer.
  var name: String
  /// As CTranslate2 names it behind `decoder/`, with `#` for the layer.
  var variable: String
  var rows = Rows.all
  /// Whether the checkpoint stores a row for each input.
  var isTransposed = false
  /// Whether a model may lack it.
  var isOptional = false
  /// Whether a checkpoint has no bias where the variable is one of zeros.
  var lacksBias = false

  init(
    _ name: String, _ variable: String, _ rows: Rows = .all, isTransposed: Bool = false,
    isOptional: Bool = false, lacksBias: Bool = false
  ) {
    self.name = name
    self.variable = variable
    self.rows = rows
    self.isTransposed = isTransposed
    self.isOptional = isOptional
    self.lacksBias = lacksBias
  }

  var kind: Kind {
    if variable == "position_encodings" { return .positions }
    return variable.contains("norm") ? .norm : .linear
  }

  /// The names of the parts of a module: in a checkpoint, and as variables.
  var parts: [(tensor: String, variable: String)] {
    switch kind {
    case .linear: [(".weight", "/weight"), (".bias", "/bias")]
    case .norm: [(".weight", "/gamma"), (".bias", "/beta")]
    case .positions: [(".weight", "/encodings")]
    }
  }

  /// Whether there is one for each layer.
  var isInLayers: Bool { variable.contains("#") }

  /// The same module of one layer.
  func of(layer: Int) -> CTranslate2Module {
    var module = self
    module.name = name.replacingFirst("#", with: "\(layer)")
    module.variable = variable.replacingFirst("#", with: "\(layer)")
    if case .halves(let second) = rows {
      module.rows = .halves(second: second.replacingFirst("#", with: "\(layer)"))
    }
    return module
  }
}
