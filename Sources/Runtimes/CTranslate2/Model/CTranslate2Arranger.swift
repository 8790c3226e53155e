// SPDX-License-Identifier: Apache-2.0

import Tensors

/// Gathers, module by module, how a checkpoint's tensors are made of a file's variables.
struct CTranslate2Arranger {
  private let variables: CTranslate2Variables
  private let decoder: CTranslate2Decoder
  private let runLimit: Int
  private(set) var arrangements: [Arrangement] = []
  private var used: Set<String> = []
  private var runCount = 0

  /// Settings that say nothing of what is computed, or what others say too.
  private static let inert: Set<String> = [
    "alignment_layer", "alignment_heads", "start_from_zero_embedding", "scale_embeddings",
    "num_heads", "pre_norm", "activation", "embeddings/multiply_by_sqrt_depth",
  ]
  private static let inertInLayers: Set<String> = [
    "self_attention/multi_query", "self_attention/queries_scale",
    "self_attention/rotary_low_freq_factor", "self_attention/rotary_high_freq_factor",
    "self_attention/rotary_scaling_type", "self_attention/rotary_scaling_factor",
    "self_attention/num_heads_kv", "self_attention/original_max_position_embeddings",
    "self_attention/max_position_embeddings",
  ]

  init(_ variables: CTranslate2Variables, decoder: CTranslate2Decoder, runLimit: Int) {
    self.variables = variables
    self.decoder = decoder
    self.runLimit = runLimit
  }

  private func refusal(_ name: String, _ problem: String) -> CTranslate2Error {
    .variable(file: variables.file.file.path, name: name, problem: problem)
  }

  /// Counts a variable as understood.
  mutating func use(_ name: String) {
    used.insert(name)
    used.insert(name + CTranslate2.scaleSuffix)
  }

  /// Adds the tensors of a module.
  ///
  /// - Throws: ``CTranslate2Error`` where a weight is missing, or has a shape that the settings do not
  ///   allow.
  mutating func add(_ module: CTranslate2Module) throws {
    for (index, part) in module.parts.enumerated() {
      let name = CTranslate2.scope + module.variable + part.variable
      guard let variable = variables.file[name] else {
        if index == 0 && !module.isOptional { throw refusal(name, "is missing") }
        continue
      }
      use(name)
      if index > 0, module.lacksBias {
        guard try isZero(variable) else { throw refusal(name, "is not 0, as it is in the family") }
        continue
      }
      try add(module.name + part.tensor, module, part.variable, variable)
    }
  }

  private mutating func add(
    _ tensor: String, _ module: CTranslate2Module, _ suffix: String,
    _ variable: CTranslate2Variable
  ) throws {
    let isMatrix = suffix == "/weight" || suffix == "/encodings"
    guard variable.shape.count == (isMatrix ? 2 : 1), variable.elementCount > 0 else {
      throw refusal(variable.name, "has the shape \(variable.shape)")
    }
    var pieces: [Arrangement.Piece] = []
    var rowCount = 0
    func take(_ name: String, _ rows: Range<Int>) throws {
      guard let found = variables.file[name], found.shape.count == variable.shape.count,
        found.columnCount == variable.columnCount, rows.upperBound <= found.rowCount
      else { throw refusal(name, "is missing, or has not the rows that it must have") }
      let isWhole = rows == 0..<found.rowCount
      pieces.append(
        .init(name, isTransposed: module.isTransposed && isMatrix, rows: isWhole ? nil : rows))
      rowCount += rows.count
    }
    let name = CTranslate2.scope + module.variable + suffix
    switch module.rows {
    case .all: try take(name, 0..<variable.rowCount)
    case .skipping(let count):
      // What stands in the checkpoint's first rows is not in the file; any rows will do.
      try take(name, 0..<count)
      try take(name, 0..<variable.rowCount)
    case .halves(let second):
      try take(name, 0..<variable.rowCount)
      let other = CTranslate2.scope + second + suffix
      use(other)
      try take(other, 0..<variable.rowCount)
    default:
      let rows = expectedRows(of: module)
      guard variable.rowCount == module.rowCount(in: decoder) else {
        throw refusal(
          variable.name,
          "has \(variable.rowCount) rows, not the \(module.rowCount(in: decoder) ?? 0) of its heads"
        )
      }
      for run in module.runs(of: rows, in: decoder) ?? [] {
        try take(name, run.start..<run.start + run.rows.count)
      }
    }
    runCount += pieces.count
    guard runCount <= runLimit else {
      throw CTranslate2Error.unknownFamily(
        file: variables.file.file.path, problem: "it has more heads than any model")
    }
    var shape = isMatrix ? [rowCount, variable.columnCount] : [rowCount]
    if module.isTransposed && isMatrix { shape.reverse() }
    arrangements.append(Arrangement(tensor, shape: shape, pieces: pieces))
  }

  private func expectedRows(of module: CTranslate2Module) -> Int {
    switch module.rows {
    case .queries: decoder.querySize
    case .keys, .values: decoder.keySize
    default: module.rowCount(in: decoder) ?? 0
    }
  }

  private func isZero(_ variable: CTranslate2Variable) throws -> Bool {
    try variables.file.file.withBytes(in: variable.byteRange) { $0.allSatisfy { $0 == 0 } }
  }

  /// Checks that every variable is a tensor of the family, or a setting that was read.
  ///
  /// - Throws: ``CTranslate2Error/variable(file:name:problem:)`` for the first other one.
  func requireNothingElse(besides settings: Set<String>) throws {
    for name in variables.file.names
    where !used.contains(name) && !settings.contains(name)
      && !Self.isInert(name, in: variables.file)
    {
      throw refusal(name, "belongs to no family that is known")
    }
  }

  private static func isInert(_ name: String, in file: CTranslate2File) -> Bool {
    guard name.hasPrefix(CTranslate2.scope) else {
      return file.revision < 2 && ["num_heads", "pre_norm", "activation"].contains(name)
    }
    let rest = name.dropFirst(CTranslate2.scope.count)
    if inert.contains(String(rest)) || rest.hasSuffix("/layer_norm_use_residual") { return true }
    guard rest.hasPrefix("layer_"), let slash = rest.firstIndex(of: "/") else { return false }
    return inertInLayers.contains(String(rest[rest.index(after: slash)...]))
  }
}
