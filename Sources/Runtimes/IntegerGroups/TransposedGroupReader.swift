// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Quantization
import Tensors

/// Stage 1, READ: the weights of linear layers that GPTQ or AWQ holds, layer by layer.
struct TransposedGroupReader {
  /// How a folder packs its codes.
  enum Packing: Equatable {
    /// Words of consecutive columns; `isOneLess` tells that one less than the zero point is stored.
    case gptq(isOneLess: Bool)
    /// Words of eight rows.
    case awq
  }

  let model: SafetensorsModel
  let bits: Int
  /// Weights per group as the configuration has it; nil: a row, or not said.
  let groupSize: Int?
  let packing: Packing
  /// What the weights were.
  let elementType: ElementType

  /// The weights of all layers that have packed codes.
  ///
  /// - Throws: ``RuntimeError`` where the arrays of a weight do not fit together.
  func weights() throws -> [EncodedWeight] {
    try model.tensors.filter { $0.name.hasSuffix(Self.codesSuffix) }.map {
      try weight(of: String($0.name.dropLast(Self.codesSuffix.count)))
    }
  }

  private static let codesSuffix = ".qweight"

  private func weight(of module: String) throws -> EncodedWeight {
    var finder = ArrayFinder(model: model, weight: "\(module).weight", in: "\(module).qweight")
    let codes = try finder.array("\(module).qweight")
    let scales = try finder.array("\(module).scales")
    let perWord = 32 / bits
    guard codes.elementType == .i32, codes.shape.count == 2, codes.elementCount > 0,
      [.f16, .bf16, .f32].contains(scales.elementType), scales.shape.count == 2,
      scales.elementCount > 0
    else {
      throw finder.refusal(
        "its arrays qweight and scales are \(codes.elementType.rawValue) \(codes.shape) and "
          + "\(scales.elementType.rawValue) \(scales.shape), not I32 and F16 matrices")
    }
    let isAWQ = packing == .awq
    let columns = isAWQ ? codes.shape[0] : codes.shape[0] * perWord
    let rows = isAWQ ? codes.shape[1] * perWord : codes.shape[1]
    let groups = scales.shape[0]
    guard scales.shape[1] == rows, columns % groups == 0,
      groupSize == nil || groupSize == columns / groups, rows * bits % 32 == 0
    else {
      throw finder.refusal(
        "its codes and scales are those of \(rows) × \(columns) weights in \(groups) groups a row, and "
          + "the configuration says groups of \(groupSize.map(String.init) ?? "a row")")
    }
    try finder.array("\(module).qzeros", .i32, [groups, rows * bits / 32])
    var layer = TransposedGroupLayer(
      module: module, bits: bits, rows: rows, columns: columns, groups: groups,
      scaleType: scales.elementType, packing: packing)
    try layer.readZeros(of: model)
    if !isAWQ, model.description(of: "\(module).g_idx") != nil {
      try finder.array("\(module).g_idx", .i32, [columns])
      layer.columnGroups = try layer.groupsOutOfOrder(of: model, finder)
    }
    var weight = EncodedWeight(
      TensorDescription(
        name: finder.name, shape: [rows, columns], elementType: elementType,
        scheme: "w\(bits)a16" + (layer.zero == nil ? "-asym" : ""),
        storedByteCount: codes.storedByteCount + scales.storedByteCount
          + (layer.zero == nil ? (rows * groups * bits + 7) / 8 : 0)),
      encoding: layer.encoding, components: layer.components, foundBy: finder)
    if layer.columnGroups != nil {
      weight.copyProblem = "its columns are in the order of activations (act-order)"
    }
    return weight
  }
}
