// SPDX-License-Identifier: Apache-2.0

import Tensors

/// A checkpoint's tensors as llama.cpp wants them: the reverse of ``GGUFTranslation``.
struct GGUFArrangement {
  private(set) var arrangements: [Arrangement] = []
  private let family: GGUFFamily
  private let sizes: GGUFSizes
  private let source: any ModelSource
  private let modules: [String: GGUFModule]
  /// Where the stack of a name is in the list, and how many parts it has.
  private var stacks: [String: (place: Int, count: Int)] = [:]

  /// - Throws: ``GGUFWritingError`` where a tensor has no place in the architecture, or the wrong shape.
  init(_ family: GGUFFamily, sizes: GGUFSizes, source: any ModelSource) throws {
    self.family = family
    self.sizes = sizes
    self.source = source
    modules = Dictionary(
      family.modules.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    for tensor in source.tensors { try add(tensor) }
    try requireExperts()
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
    guard let module = found ?? modules[parts.pattern + parts.suffix] else {
      throw GGUFWritingError.unknownTensor(
        tensor: tensor.name, architecture: family.architecture)
    }
    if module.difference == .stacked { return try stack(tensor, parts, module) }
    var piece = Arrangement.Piece(tensor.name)
    var (shape, addend) = (tensor.shape, Float(0))
    switch module.difference {
    case .none, .stacked: break
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

  // MARK: - Stacks

  /// Puts a part on the stack of its layer; parts may come in any order.
  private mutating func stack(
    _ tensor: TensorDescription, _ parts: GGUFNames.Parts, _ module: GGUFModule
  ) throws {
    guard let expert = parts.expert, expert < Self.partLimit else {
      throw GGUFWritingError.unknownTensor(
        tensor: tensor.name, architecture: family.architecture)
    }
    let name =
      module.arrangedName.replacingFirst("#", with: parts.layer ?? "#") + parts.suffix
    guard let place = stacks[name]?.place else {
      stacks[name] = (arrangements.count, expert + 1)
      var pieces = Array(repeating: Arrangement.Piece(""), count: expert)
      pieces.append(Arrangement.Piece(tensor.name))
      return arrangements.append(
        Arrangement(name, shape: [0] + tensor.shape, pieces: pieces))
    }
    guard arrangements[place].shape.dropFirst() == tensor.shape[...] else {
      throw GGUFWritingError.unexpectedShape(
        tensor: tensor.name, expected: "\(Array(arrangements[place].shape.dropFirst()))",
        found: tensor.shape)
    }
    let missing = expert + 1 - arrangements[place].pieces.count
    if missing > 0 {
      arrangements[place].pieces += Array(repeating: Arrangement.Piece(""), count: missing)
    }
    arrangements[place].pieces[expert] = Arrangement.Piece(tensor.name)
  }

  /// llama.cpp's own limit is far below.
  private static let partLimit = 1 << 16

  /// Checks that stacks have no holes, and counts their parts.
  private mutating func requireExperts() throws {
    for (name, stack) in stacks.sorted(by: { $0.value.place < $1.value.place }) {
      let pieces = arrangements[stack.place].pieces
      if let missing = pieces.firstIndex(where: { $0.tensor.isEmpty }) {
        throw GGUFWritingError.missingExpert(tensor: "\(name), part \(missing)")
      }
      arrangements[stack.place].shape[0] = pieces.count
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
