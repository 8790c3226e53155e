// SPDX-License-Identifier: Apache-2.0

extension GGUFMix {
  /// A tensor as a mix sees it.
  package struct Tensor: Sendable {
    /// The name in the file.
    package var name: String
    /// The innermost dimension last.
    package var shape: [Int]

    package init(name: String, shape: [Int]) {
      self.name = name
      self.shape = shape
    }
  }

  /// The type of each tensor as it is stored, in the order in which they are given; nil for those that
  /// stay as they are.
  ///
  /// - Parameter tensors: every tensor of the model, for some rules count them.
  package func types(of tensors: [Tensor], in model: GGUFModelShape) -> [GGUFType?] {
    zip(tensors, wantedTypes(of: tensors, in: model)).map { tensor, type in
      type?.fitting(columns: tensor.shape.last ?? 1)
    }
  }

  /// The same, before rows that are not whole blocks of their type get another.
  func wantedTypes(of tensors: [Tensor], in model: GGUFModelShape) -> [GGUFType?] {
    let isTied = !tensors.contains { $0.name == "output.weight" }
    let valueCount = tensors.count { GGUFTensorCategory(name: $0.name) == .values }
    var walk = GGUFMixWalk(mix: self, model: model, isTied: isTied, valueCount: valueCount)
    var types = [GGUFType?](repeating: nil, count: tensors.count)
    // Rules count in the order in which llama.cpp holds tensors.
    let layers = tensors.map { Self.layer(of: $0.name) ?? -1 }
    let order = tensors.indices.sorted { a, b in
      layers[a] != layers[b]
        ? layers[a] < layers[b]
        : tensors[a].name.utf8.lexicographicallyPrecedes(tensors[b].name.utf8)
    }
    for index in order {
      let tensor = tensors[index]
      guard GGUFKept.allowsQuantization(name: tensor.name, shape: tensor.shape) else { continue }
      // Plain numbers have no rules.
      types[index] = base.elementType == nil ? walk.type(of: tensor) : base
    }
    return types
  }

  /// The number in `blk.NUMBER.`, or nil where the tensor is of no layer.
  static func layer(of name: String) -> Int? {
    let prefix = "blk."
    guard name.hasPrefix(prefix) else { return nil }
    let digits = name.dropFirst(prefix.count).prefix { $0.isASCII && $0.isNumber }
    guard name.dropFirst(prefix.count + digits.count).hasPrefix(".") else { return nil }
    return Int(digits)
  }
}
