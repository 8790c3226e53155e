// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// Variables as tensors are put into them, row by row.
struct CTranslate2Assembly {
  /// A variable that tensors fill.
  private struct Building {
    var form: CTranslate2Form
    var columns: Int
    var isMatrix: Bool
    /// As many as the settings say, or as its tensors have.
    var rowCount: Int
    /// Filled rows.
    var filled: [Range<Int>] = []
    /// A tensor in it, for messages.
    var tensor: String
  }

  private let checkpoint: CTranslate2Checkpoint
  private var buildings: [String: Building] = [:]
  private var records: [(record: TensorRecord, form: CTranslate2Form?, runs: [CTranslate2Run])] =
    []

  init(_ checkpoint: CTranslate2Checkpoint) { self.checkpoint = checkpoint }

  /// Finds the variables of a tensor.
  ///
  /// - Throws: ``RuntimeError`` where it has no place.
  mutating func add(_ record: TensorRecord) throws {
    let tensor = record.tensor
    guard let part = checkpoint[tensor.name] else {
      guard checkpoint.isUnused(tensor.name) else {
        throw RuntimeError.notHeld(
          format: CTranslate2.name, tensor: tensor.name, scheme: record.scheme,
          problem: "the family \(checkpoint.family.modelTypes[0]) has no such tensor there",
          remedy: "check that config.json is the model's own, or write another format with --to")
      }
      records.append((record, nil, []))
      return
    }
    let form = try CTranslate2Form(of: record)
    let isMatrix = tensor.shape.count == 2
    let rows = isMatrix ? tensor.rowCount : tensor.elementCount
    guard isMatrix == (part.module.kind == .positions || part.isWeight),
      tensor.shape.count == (isMatrix ? 2 : 1), tensor.elementCount > 0,
      let runs = part.module.runs(of: rows, in: checkpoint.decoder)
    else {
      throw RuntimeError.arrangement(
        tensor: tensor.name, problem: "its shape \(tensor.shape) is none that config.json asks for")
    }
    if case .rows = form, !part.isWeight {
      throw RuntimeError.notHeld(
        format: CTranslate2.name, tensor: tensor.name, scheme: record.scheme,
        problem: "only linear layers and embeddings may have 8 bits there",
        remedy: "keep it in its type")
    }
    let named = runs.map { run in
      CTranslate2Run(
        rows: run.rows, variable: CTranslate2.scope + run.variable + part.suffix, start: run.start)
    }
    for run in named {
      try put(
        run, of: tensor, form, columns: isMatrix ? tensor.columnCount : 1, isMatrix: isMatrix,
        rowCount: part.module.rowCount(in: checkpoint.decoder))
    }
    records.append((record, form, named))
  }

  private mutating func put(
    _ run: CTranslate2Run, of tensor: TensorDescription, _ form: CTranslate2Form, columns: Int,
    isMatrix: Bool, rowCount: Int?
  ) throws {
    let rows = run.start..<run.start + run.rows.count
    var building =
      buildings[run.variable]
      ?? Building(
        form: form, columns: columns, isMatrix: isMatrix, rowCount: rowCount ?? 0,
        tensor: tensor.name)
    guard building.form.type == form.type else {
      throw RuntimeError.mixed(
        format: CTranslate2.name, tensor: tensor.name, scheme: form.type.elementType.schemeName,
        otherTensor: building.tensor, otherScheme: building.form.type.elementType.schemeName)
    }
    guard building.columns == columns, !building.filled.contains(where: { $0.overlaps(rows) })
    else {
      throw RuntimeError.arrangement(
        tensor: tensor.name,
        problem: "it does not go together with \(building.tensor.quoted) (shape \(tensor.shape))")
    }
    building.rowCount = max(building.rowCount, rows.upperBound)
    building.filled.append(rows)
    buildings[run.variable] = building
  }

  /// Checks that all weights are there, and adds the biases that layer norms must have.
  ///
  /// Biases that only some rows have are 0 for the others: nothing is written there.
  /// - Throws: ``RuntimeError/arrangement(tensor:problem:)``.
  mutating func complete() throws {
    for module in checkpoint.modules {
      let part = module.parts[0]
      let name = CTranslate2.scope + module.variable + part.variable
      guard let building = buildings[name] else {
        if module.isOptional { continue }
        throw RuntimeError.arrangement(
          tensor: module.name + part.tensor, problem: "the model has no such tensor")
      }
      let filled = building.filled.reduce(0) { $0 + $1.count }
      guard filled == building.rowCount else {
        throw RuntimeError.arrangement(
          tensor: module.name + part.tensor,
          problem:
            "\(building.rowCount - filled) rows of its variable \(name.quoted) are in no tensor")
      }
      let bias = CTranslate2.scope + module.variable + "/beta"
      if module.kind == .norm, checkpoint.decoder.norm == .layer, buildings[bias] == nil {
        // Without one the runtime would take it for a norm by the root mean square.
        buildings[bias] = building
      }
    }
  }

  /// The variables, in no order; those of codes are followed by their scales.
  var variables: [CTranslate2Layout.Variable] {
    buildings.flatMap { name, building in
      let shape =
        building.isMatrix ? [building.rowCount, building.columns] : [building.rowCount]
      var variables = [
        CTranslate2Layout.Variable(name: name, type: building.form.type, shape: shape)
      ]
      if case .rows = building.form {
        variables.append(
          .init(
            name: name + CTranslate2.scaleSuffix, type: .float32, shape: [building.rowCount]))
      }
      return variables
    }
  }

  /// A tensor that goes into a variable.
  func tensor(of variable: String) -> String { buildings[variable]?.tensor ?? variable }

  /// Where the components of each record go, given where variables begin.
  func places(_ offsets: [String: Int]) -> [[CTranslate2Layout.Place?]] {
    records.map { record, form, runs in
      record.layout.components.enumerated().map { position, component in
        guard let form, case .perSlab(let frameByteCount) = component.content else { return nil }
        let suffix: String
        switch form {
        case .plain, .rows(codes: position, scales: _): suffix = ""
        case .rows(codes: _, scales: position): suffix = CTranslate2.scaleSuffix
        default: return nil
        }
        let rowCount = record.tensor.shape.first ?? 1
        let rowByteCount = component.byteCount / max(1, rowCount)
        return CTranslate2Layout.Place(
          rowByteCount: rowByteCount,
          runs: runs.map { run in
            (run.rows, (offsets[run.variable + suffix] ?? 0) + run.start * rowByteCount)
          }, frameByteCount: frameByteCount)
      }
    }
  }
}
