// SPDX-License-Identifier: Apache-2.0

import Tensors

extension StoredTensor {
  /// Weights of a tensor that follow each other.
  package struct Run: Sendable {
    package var tensor: StoredTensor
    package var weights: Range<Int>

    package init(_ tensor: StoredTensor, _ weights: Range<Int>) {
      self.tensor = tensor
      self.weights = weights
    }
  }

  /// Runs of encoded tensors, one after the other, as a tensor with the same codes.
  ///
  /// - Parameter shape: of the tensor that they make.
  /// - Returns: nil where that tensor can't be said with the same codes: the tensors are encoded in
  ///   different ways, a run divides a block or a byte, or each has numbers of its own that all its
  ///   weights meet, and these differ.
  /// - Throws: the source's error where numbers that must be compared can't be read.
  package static func joined(_ runs: [Run], shape: [Int]) throws -> StoredTensor? {
    guard let first = runs.first?.tensor else { return nil }
    let units = first.weightsPerNumber
    let widths = first.components.indices.map { first.bitWidth(of: $0) }
    for run in runs {
      let tensor = run.tensor
      guard tensor.encoding == first.encoding, tensor.components.count == widths.count else {
        return nil
      }
      for (position, component) in tensor.components.enumerated() {
        guard component.elementType == first.components[position].elementType,
          tensor.bitWidth(of: position) == widths[position]
        else { return nil }
        if let unit = units[position] {
          for bound in [run.weights.lowerBound, run.weights.upperBound]
          where bound % unit != 0 || bound / unit * widths[position] % 8 != 0 { return nil }
        }
      }
    }
    for position in first.components.indices where units[position] == nil {
      let bytes = try first.bytes(of: position)
      for run in runs.dropFirst() {
        guard run.tensor.components[position].byteCount == bytes.count,
          try run.tensor.bytes(of: position) == bytes
        else { return nil }
      }
    }
    let count = runs.reduce(0) { $0 + $1.weights.count }
    let components = first.components.enumerated().map { position, component in
      guard let unit = units[position] else { return component }
      var joined = component
      let elements = count / unit * widths[position] / component.elementType.bitWidth
      let rows = shape.dropLast().reduce(1, *)
      joined.shape =
        component.shape.count > 1 && rows > 0 && elements % rows == 0
        ? shape.dropLast() + [elements / rows] : [elements]
      return joined
    }
    let pieces = JoinedComponents(
      runs: runs, components: components,
      bits: units.reduce(into: [:]) { $0[$1.key] = (widths[$1.key], $1.value) })
    return StoredTensor(
      encoding: first.encoding, component: { components[$0] }, makeStore: { pieces })
  }
}

/// The components of several tensors, one after the other.
private struct JoinedComponents: ComponentStore {
  let runs: [StoredTensor.Run]
  let components: [StoredTensor.Component]
  /// The bits of a number and the weights that share it, for components that are joined.
  let bits: [Int: (width: Int, unit: Int)]

  func elementType(of component: Int) -> ElementType { components[component].elementType }

  func elementCount(of component: Int) -> Int { components[component].shape.reduce(1, *) }

  func codebookLength(of component: Int, isSingle: Bool) -> Int {
    isSingle ? elementCount(of: component) : components[component].shape.last ?? 1
  }

  func withBytes<Result>(
    of component: Int, in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    guard let (width, unit) = bits[component] else {
      return try runs[0].tensor.withBytes(of: component, in: range, body)
    }
    let copy = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(1, range.count), alignment: 16)
    defer { copy.deallocate() }
    var start = 0
    for run in runs where start < range.upperBound {
      let own =
        run.weights.lowerBound / unit * width / 8..<run.weights.upperBound / unit * width / 8
      let wanted = range.clamped(to: start..<start + own.count)
      if !wanted.isEmpty {
        let offset = own.lowerBound - start
        let source = wanted.lowerBound + offset..<wanted.upperBound + offset
        let target = UnsafeMutableRawBufferPointer(
          rebasing: copy[(wanted.lowerBound - range.lowerBound)...])
        try run.tensor.withBytes(of: component, in: source) { target.copyMemory(from: $0) }
      }
      start += own.count
    }
    return try body(UnsafeRawBufferPointer(rebasing: copy[..<range.count]))
  }

  func refusal(_ item: String, _ problem: String) -> any Error {
    QuantizationError.components(tensor: item, problem: problem)
  }
}
