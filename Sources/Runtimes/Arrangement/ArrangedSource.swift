// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// A model whose tensors are renamed, split, fused, stacked, transposed or in another row order.
///
/// Nothing is done before it is read, and then only what is asked for, so that it streams as its source
/// does. Codes are kept where rows are: a tensor that is one whole tensor of the source is as that one
/// is, and rows of tensors that are encoded alike make an encoded tensor. Elsewhere encoded tensors count
/// by their weights, in the element type that they had before.
package struct ArrangedSource: EncodedSource, SeparableSource {
  /// One arranged tensor.
  struct Tensor: Sendable {
    var description: TensorDescription
    var pieces: [ArrangedPiece]
    var addend: Float
    /// Whether it is one whole tensor of the source.
    var isWhole: Bool
    /// Whether its bytes are bytes of the source.
    var isCopied: Bool
    /// What it is made of where its pieces are encoded alike.
    var joined: StoredTensor?
  }

  package let tensors: [TensorDescription]
  let source: any ModelSource
  private let arranged: [String: Tensor]

  /// Arranges a source; its tensors that no arrangement mentions are left out.
  ///
  /// - Parameter restoring: whether encoded tensors count by their weights also where they are whole.
  /// - Throws: ``RuntimeError/arrangement(tensor:problem:)`` where the source does not have what an
  ///   arrangement is made of.
  package init(
    _ source: any ModelSource, _ arrangements: [Arrangement], restoring: Bool = false
  ) throws(RuntimeError) {
    self.source = source
    var tensors: [TensorDescription] = []
    var arranged: [String: Tensor] = [:]
    for arrangement in arrangements {
      let tensor = try Self.tensor(arrangement, of: source, restoring: restoring)
      tensors.append(tensor.description)
      guard arranged.updateValue(tensor, forKey: arrangement.name) == nil else {
        throw .arrangement(tensor: arrangement.name, problem: "two tensors get this name")
      }
    }
    self.tensors = tensors
    self.arranged = arranged
  }

  private static func tensor(
    _ arrangement: Arrangement, of source: any ModelSource, restoring: Bool
  ) throws(RuntimeError) -> Tensor {
    let name = arrangement.name
    var pieces: [ArrangedPiece] = []
    var count = 0
    for piece in arrangement.pieces {
      guard let tensor = source.description(of: piece.tensor) else {
        throw .arrangement(tensor: name, problem: "the model has no \(piece.tensor.quoted)")
      }
      guard let found = ArrangedPiece(piece, of: tensor, start: count) else {
        throw .arrangement(
          tensor: name,
          problem: "\(piece.tensor.quoted) has the shape \(tensor.shape), which has not the rows "
            + "that are taken from it")
      }
      pieces.append(found)
      count += found.count
    }
    guard let first = pieces.first, arrangement.holds(count) else {
      throw .arrangement(
        tensor: name,
        problem:
          "its pieces have \(count) weights, which do not fill the shape \(arrangement.shape)")
    }
    let isPlain = first.tensor.scheme == first.tensor.elementType.schemeName
    let isWhole =
      pieces.count == 1 && arrangement.pieces[0].isWhole && arrangement.addend == 0
      && (isPlain || !restoring)
    var description = first.tensor
    description.name = name
    description.shape = arrangement.shape
    var isCopied = isWhole
    let joined = isWhole || restoring ? nil : Self.joined(arrangement, pieces, of: source)
    if let joined {
      description.storedByteCount = joined.components.reduce(0) { $0 + $1.byteCount }
    } else if !isWhole {
      let types = Set(pieces.map(\.tensor.elementType))
      let type = types.count == 1 && arrangement.addend == 0 ? first.tensor.elementType : .f32
      isCopied =
        types == [type] && pieces.allSatisfy { $0.tensor.scheme == type.schemeName }
        && arrangement.addend == 0 && type.bitWidth % 8 == 0
      guard isCopied || type.isQuantizable else {
        throw .arrangement(tensor: name, problem: "its pieces are of different types")
      }
      guard let byteCount = type.byteCount(of: count) else {
        throw .arrangement(tensor: name, problem: "it is larger than any file")
      }
      description.elementType = type
      description.scheme = type.schemeName
      description.storedByteCount = byteCount
    }
    return Tensor(
      description: description, pieces: pieces, addend: arrangement.addend, isWhole: isWhole,
      isCopied: isCopied, joined: joined)
  }

  /// The pieces' codes, one after the other; nil where they are not encoded, or not alike.
  private static func joined(
    _ arrangement: Arrangement, _ pieces: [ArrangedPiece], of source: any ModelSource
  ) -> StoredTensor? {
    guard let encoded = source as? any EncodedSource, let first = pieces.first?.tensor,
      arrangement.addend == 0,
      pieces.allSatisfy({
        !$0.isTransposed && $0.tensor.scheme == first.scheme
          && $0.tensor.elementType == first.elementType
      })
    else { return nil }
    var runs: [StoredTensor.Run] = []
    for piece in pieces {
      // A tensor that can't be read has no codes; reading its weights will say what is the matter.
      guard let stored = try? encoded.stored(piece.tensor.name) else { return nil }
      piece.forEachRun(of: 0..<piece.count) {
        runs.append(StoredTensor.Run(stored, $0..<$0 + $1))
      }
    }
    return try? StoredTensor.joined(runs, shape: arrangement.shape)
  }

  /// The source's tensors that are encoded and of which only weights are left here.
  package var restored: [TensorDescription] {
    tensors.compactMap { arranged[$0.name] }
      .flatMap { $0.isWhole || $0.joined != nil ? [] : $0.pieces }
      .map(\.tensor).filter { $0.scheme != $0.elementType.schemeName }
      + ((source as? ArrangedSource)?.restored ?? [])
  }

  package var path: String { source.path }
  package var format: String { source.format }
  package var assets: [Asset] { source.assets }
  package var byteCount: Int { source.byteCount }
  package var mappedFiles: [MappedFile] { source.mappedFiles }

  package func absence(of asset: String) -> (any Error)? { source.absence(of: asset) }

  package func description(of name: String) -> TensorDescription? { arranged[name]?.description }

  package func storedLocation(of name: String) -> (file: MappedFile, byteRange: Range<Int>)? {
    guard let tensor = arranged[name] else { return nil }
    return tensor.isWhole ? source.storedLocation(of: tensor.pieces[0].tensor.name) : nil
  }

  package func defect(of name: String) -> String? {
    arranged[name]?.pieces.lazy.compactMap { source.defect(of: $0.tensor.name) }.first
  }

  package func stored(_ name: String) throws -> StoredTensor? {
    let tensor = try tensor(name)
    if let joined = tensor.joined { return joined }
    guard tensor.isWhole, let encoded = source as? any EncodedSource else { return nil }
    return try encoded.stored(tensor.pieces[0].tensor.name)
  }

  package func separated(_ name: String) throws -> StoredTensor? {
    let tensor = try tensor(name)
    guard tensor.isWhole, let separable = source as? any SeparableSource else { return nil }
    return try separable.separated(tensor.pieces[0].tensor.name)
  }

  /// The arranged tensor of that name.
  ///
  /// - Throws: ``RuntimeError/arrangement(tensor:problem:)``.
  func tensor(_ name: String) throws(RuntimeError) -> Tensor {
    guard let tensor = arranged[name] else {
      throw .arrangement(tensor: name, problem: "no such tensor is arranged")
    }
    return tensor
  }
}
