// SPDX-License-Identifier: Apache-2.0

import Tensors

/// A file's tensors under the names, and in the order and shape, that a checkpoint gives them.
struct GGUFTranslation {
  /// More tensors than any model has; so that a small file can't ask for very many.
  static let expertTensorLimit = 1 << 18

  let family: GGUFFamily
  let sizes: GGUFSizes
  /// The modules by their stored names.
  private let modules: [String: GGUFModule]
  /// The first tensor that was met and that the family does not have.
  private(set) var unknown: (file: String, tensor: String)?
  private var expertTensorCount = 0

  /// Tensors that say what `config.json` says.
  private static let settings: Set<String> = [
    "rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight",
  ]

  init(_ family: GGUFFamily, sizes: GGUFSizes) {
    self.family = family
    self.sizes = sizes
    modules = Dictionary(
      family.modules.map { ($0.stored, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// What a stored tensor is in a checkpoint: nothing, one tensor, or one for each expert.
  ///
  /// A tensor that is not the family's keeps its name and is remembered.
  mutating func parts(
    of tensor: GGUFTensor, file: Int, index: Int, path: String
  ) throws(GGUFError) -> [GGUFPart] {
    if Self.settings.contains(tensor.name) { return [] }
    let name = GGUFTensorName(tensor.name)
    // A name that is complete has its ending already.
    guard let module = modules[name.pattern] ?? modules[name.completePattern] else {
      unknown = unknown ?? (path, tensor.name)
      return [GGUFPart(tensor, file: file, index: index)]
    }
    let target = name.fill(
      module.difference == .stacked ? module.name : module.arrangedName,
      isComplete: modules[name.pattern] == nil)
    if module.difference == .stacked {
      return try experts(of: tensor, file: file, index: index, path: path, name: target)
    }
    var part = GGUFPart(tensor, file: file, index: index)
    part.description.name = target
    switch module.difference {
    case .none, .stacked, .latentKeys, .latentValues, .transposedStack, .everyOther: break
    case .plusOne:
      part.addend = -1
      part.description.elementType = .f32
      part.description.scheme = "f32"
      part.description.storedByteCount = tensor.elementCount * 4
    case .transposed:
      part.isTransposed = tensor.shape.count == 2
      if part.isTransposed { part.description.shape.reverse() }
    case .rotaryRows(let heads):
      part.rows = .rotary(headSize: sizes.headSize)
      let count = heads == .queries ? sizes.heads : sizes.keyHeads
      try require(
        tensor, rows: count * sizes.headSize, path: path, sizes.headSize % 2 == 0)
    case .gatheredRows:
      part.rows = .gathered(
        groups: sizes.keyHeads, queriesPerGroup: sizes.heads / sizes.keyHeads,
        headSize: sizes.headSize)
      try require(
        tensor, rows: (sizes.heads + 2 * sizes.keyHeads) * sizes.headSize, path: path)
    }
    return [part]
  }

  private func require(
    _ tensor: GGUFTensor, rows: Int, path: String, _ isPossible: Bool = true
  ) throws(GGUFError) {
    guard isPossible, (1...2).contains(tensor.shape.count), tensor.shape[0] == rows else {
      throw .unexpectedShape(
        file: path, tensor: tensor.name, expected: "\(rows) rows in whole heads",
        found: tensor.shape)
    }
  }

  private mutating func experts(
    of tensor: GGUFTensor, file: Int, index: Int, path: String, name: String
  ) throws(GGUFError) -> [GGUFPart] {
    guard (2...3).contains(tensor.shape.count), tensor.elementCount > 0 else {
      throw .unexpectedShape(
        file: path, tensor: tensor.name, expected: "a stack of matrices", found: tensor.shape)
    }
    let count = tensor.shape[0]
    expertTensorCount += count
    guard expertTensorCount <= Self.expertTensorLimit else {
      throw .tooManyExperts(
        file: path, tensor: tensor.name, found: count, limit: Self.expertTensorLimit)
    }
    return (0..<count).map { expert in
      var part = GGUFPart(tensor, file: file, index: index)
      part.description.name = name.replacingFirst("@", with: "\(expert)")
      part.description.shape.removeFirst()
      part.description.storedByteCount /= count
      part.start = expert * (tensor.elementCount / count)
      return part
    }
  }
}

extension GGUFPart {
  /// The whole of a stored tensor, as it is.
  init(_ tensor: GGUFTensor, file: Int, index: Int) {
    description = TensorDescription(
      name: tensor.name, shape: tensor.shape, elementType: tensor.type.elementType ?? .f32,
      scheme: tensor.type.name, storedByteCount: tensor.byteRange.count)
    self.file = file
    self.tensor = index
  }
}
