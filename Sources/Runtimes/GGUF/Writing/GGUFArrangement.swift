// SPDX-License-Identifier: Apache-2.0

import Tensors

/// A checkpoint's tensors as llama.cpp wants them: the reverse of ``GGUFTranslation``.
struct GGUFArrangement {
  private(set) var arrangements: [Arrangement] = []
  private let family: GGUFFamily
  private let sizes: GGUFSizes
  private let layerCount: Int
  private let expertCount: Int?
  private let source: any ModelSource
  private let modules: [String: [GGUFModule]]
  /// Where the stack of a name is in the list, and its parts by their numbers.
  private var stacks: [String: (place: Int, parts: [Int: String])] = [:]

  /// - Throws: ``GGUFWritingError`` where a tensor has no place in the architecture, or the wrong shape.
  init(
    _ family: GGUFFamily, sizes: GGUFSizes, layerCount: Int, expertCount: Int?,
    source: any ModelSource
  ) throws {
    self.family = family
    self.sizes = sizes
    self.layerCount = layerCount
    self.expertCount = expertCount
    self.source = source
    modules = Dictionary(grouping: family.modules, by: \.name)
    for tensor in source.tensors { try add(tensor) }
    try fillStacks()
    try requireBiases()
    if family.requiresHead { addHead() }
  }

  private mutating func add(_ tensor: TensorDescription) throws {
    if family.unusedSuffixes.contains(where: tensor.name.hasSuffix)
      || family.unusedPrefixes.contains(where: tensor.name.hasPrefix)
    {
      return
    }
    let name = usualName(of: tensor.name)
    let parts = GGUFNames.Parts(name)
    let found = parts.suffix.isEmpty ? nil : modules[parts.pattern]
    guard let places = found ?? modules[parts.pattern + parts.suffix] else {
      throw GGUFWritingError.unknownTensor(
        tensor: tensor.name, architecture: family.architecture)
    }
    if family.hasLaterLayers, let layer = parts.layer.flatMap({ Int($0) }), layer >= layerCount {
      return
    }
    for module in places {
      guard found == nil || parts.suffix != ".bias" || family.biases.permits(module.stored) else {
        throw GGUFWritingError.unknownTensor(
          tensor: tensor.name, architecture: family.architecture)
      }
      // A name that is complete has its ending already.
      let suffix = found == nil ? "" : parts.suffix
      try add(
        tensor, parts, module,
        as: module.arrangedName.replacingFirst("#", with: parts.layer ?? "#") + suffix)
    }
  }

  private mutating func add(
    _ tensor: TensorDescription, _ parts: GGUFNames.Parts, _ module: GGUFModule, as name: String
  ) throws {
    if module.difference == .stacked { return try stack(tensor, parts, name) }
    var piece = Arrangement.Piece(tensor.name)
    var (shape, addend) = (tensor.shape, Float(0))
    switch module.difference {
    case .none, .stacked: break
    case .latentKeys, .latentValues, .transposedStack, .everyOther:
      return try addSplit(tensor, module.difference, as: name)
    case .plusOne: if parts.suffix == ".weight" { addend = 1 }
    case .transposed:
      if shape.count == 2 {
        piece.isTransposed = true
        shape.reverse()
      }
    case .rotaryRows(let heads):
      let count = heads == .queries ? sizes.heads : sizes.keyHeads
      try require(tensor, rows: count * sizes.headSize)
      piece.order = .rotary(headSize: sizes.headSize)
    case .gatheredRows:
      try require(tensor, rows: (sizes.heads + 2 * sizes.keyHeads) * sizes.headSize)
      piece.order = .gathered(
        groups: sizes.keyHeads, queriesPerGroup: sizes.heads / sizes.keyHeads,
        headSize: sizes.headSize)
    }
    arrangements.append(Arrangement(name, shape: shape, pieces: [piece], addend: addend))
  }

  /// Adds a tensor that is taken apart matrix by matrix.
  private mutating func addSplit(
    _ tensor: TensorDescription, _ difference: GGUFDifference, as name: String
  ) throws {
    typealias Piece = Arrangement.Piece
    let shape = tensor.shape
    func append(_ newShape: [Int], _ pieces: [Piece]) {
      arrangements.append(Arrangement(name, shape: newShape, pieces: pieces))
    }
    let wrong = GGUFWritingError.unexpectedShape(
      tensor: tensor.name, expected: "a matrix for each head or expert", found: shape)
    // A small file must not ask for very many pieces; llama.cpp's own limits are lower.
    guard (shape.first ?? 0) <= Self.matrixLimit || shape.count < 3,
      sizes.latent == nil || sizes.heads <= Self.matrixLimit
    else { throw wrong }
    switch difference {
    case .latentKeys, .latentValues:
      guard let latent = sizes.latent, shape.count == 2,
        shape[0] == sizes.heads * (latent.plainSize + latent.valueSize), shape[1] == latent.rank
      else { throw wrong }
      let isKey = difference == .latentKeys
      let (start, count) =
        isKey ? (0, latent.plainSize) : (latent.plainSize, latent.valueSize)
      let size = latent.plainSize + latent.valueSize
      append(
        [sizes.heads] + (isKey ? [latent.rank, count] : [count, latent.rank]),
        (0..<sizes.heads).map { head in
          let first = head * size + start
          // What are rows before matrices are transposed are columns after.
          return isKey
            ? Piece(tensor.name, isTransposed: true, columns: first..<first + count)
            : Piece(tensor.name, rows: first..<first + count)
        })
    case .transposedStack:
      guard shape.count == 3 else { throw wrong }
      append(
        [shape[0], shape[2], shape[1]],
        (0..<shape[0]).map { Piece(tensor.name, matrix: $0, isTransposed: true) })
    case .everyOther(let first):
      guard shape[0] <= Self.matrixLimit, (2...3).contains(shape.count), let columns = shape.last,
        columns % 2 == 0
      else {
        throw wrong
      }
      append(
        [shape[0], columns / 2] + shape.dropFirst().dropLast(),
        (0..<shape[0]).map {
          Piece(
            tensor.name, matrix: $0, isTransposed: shape.count == 3, rows: first..<columns,
            step: 2)
        })
    default: throw wrong
    }
  }

  /// The name that the family's modules know, for checkpoints that put something else before it.
  private func usualName(of name: String) -> String {
    for prefix in family.prefixes
    where !name.hasPrefix(prefix.usual) && name.hasPrefix(prefix.other) {
      let rest = prefix.usual + name.dropFirst(prefix.other.count)
      let parts = GGUFNames.Parts(rest)
      if modules[parts.pattern] != nil { return rest }
    }
    return name
  }

  private func require(_ tensor: TensorDescription, rows: Int) throws {
    guard (1...2).contains(tensor.shape.count), tensor.shape[0] == rows, sizes.headSize % 2 == 0
    else {
      throw GGUFWritingError.unexpectedShape(
        tensor: tensor.name, expected: "\(rows) rows in whole heads", found: tensor.shape)
    }
  }

  /// The most heads or experts that are taken out of one tensor.
  private static let matrixLimit = 1 << 12

  // MARK: - Stacks

  /// Puts a part on the stack of its layer; parts may come in any order.
  private mutating func stack(
    _ tensor: TensorDescription, _ parts: GGUFNames.Parts, _ name: String
  ) throws {
    guard let expert = parts.expert else {
      throw GGUFWritingError.unknownTensor(
        tensor: tensor.name, architecture: family.architecture)
    }
    let stack = stacks[name] ?? (arrangements.count, [:])
    if stack.parts.isEmpty {
      arrangements.append(Arrangement(name, shape: [0] + tensor.shape, pieces: []))
    }
    stacks[name] = stack
    stacks[name]?.parts[expert] = tensor.name
    let shape = Array(arrangements[stack.place].shape.dropFirst())
    guard shape == tensor.shape else {
      throw GGUFWritingError.unexpectedShape(
        tensor: tensor.name, expected: "\(shape)", found: tensor.shape)
    }
  }

  /// Fills the stacks, and checks that they have no holes.
  private mutating func fillStacks() throws {
    for (name, stack) in stacks.sorted(by: { $0.value.place < $1.value.place }) {
      let count = name.contains(".experts.") ? expertCount ?? 0 : stack.parts.count
      let pieces = try (0..<max(count, stack.parts.count)).map { part in
        guard let tensor = stack.parts[part] else {
          throw GGUFWritingError.missingExpert(tensor: "\(name), part \(part)")
        }
        return Arrangement.Piece(tensor)
      }
      arrangements[stack.place].pieces = pieces
      arrangements[stack.place].shape[0] = pieces.count
    }
  }

  /// Checks that each weight whose module must have a bias has one.
  private func requireBiases() throws {
    let names = Set(arrangements.map(\.name))
    let required = Set(
      family.modules.filter { family.biases.requires($0.stored) }.map(\.arrangedName))
    for arrangement in arrangements {
      let parts = GGUFNames.Parts(arrangement.name)
      guard parts.suffix == ".weight", required.contains(parts.pattern) else { continue }
      let bias = "\(arrangement.name.dropLast(parts.suffix.count)).bias"
      guard names.contains(bias) else {
        throw GGUFWritingError.missingTensor(tensor: bias, architecture: family.architecture)
      }
    }
  }

  // MARK: - The head

  /// A head that is the embedding, where the architecture wants one of its own.
  private mutating func addHead() {
    guard let head = family.modules.first(where: { $0.stored == "output" }),
      let embedding = family.modules.first(where: { $0.stored == "token_embd" }),
      !arrangements.contains(where: { $0.name == head.name + ".weight" }),
      let tokens = arrangements.first(where: { $0.name == embedding.name + ".weight" })
    else { return }
    arrangements.append(
      Arrangement(head.name + ".weight", shape: tokens.shape, pieces: tokens.pieces))
  }
}
