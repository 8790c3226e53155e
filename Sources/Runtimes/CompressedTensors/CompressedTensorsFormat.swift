// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// One of the forms in which compressed-tensors holds the weight of a linear layer.
protocol CompressedTensorsFormat: Sendable {
  /// The word for it in `config.json`.
  static var name: String { get }

  /// Fits what is planned for a tensor to the format; nil where the tensor is of another one.
  ///
  /// - Throws: ``RuntimeError/notHeld(format:tensor:scheme:problem:remedy:)`` where only a detail is
  ///   in the way.
  func fit(_ entry: Plan.Entry) throws -> Plan.Entry?

  /// How a tensor is written; nil where it is of another format.
  func form(of record: TensorRecord) -> CompressedTensorsForm?

  /// Reads the weight of a module; nil where its arrays are not those of the group in this format.
  ///
  /// - Parameter module: the layer's name, with which the names of its arrays begin.
  /// - Throws: ``RuntimeError`` where its arrays do not fit together.
  func read(
    _ module: String, _ group: CompressedTensorsGroup, _ elementType: ElementType,
    _ finder: ArrayFinder
  ) throws -> EncodedWeight?
}

/// How one tensor is written.
struct CompressedTensorsForm {
  var group: CompressedTensorsGroup
  /// Another way to say the same of this tensor: a row may be a group like others.
  var otherGroup: CompressedTensorsGroup?
  /// The arrays in which a loader looks for it.
  var arrays: [SafetensorsArray]
}

/// How the layers of one group are quantized, as `config.json` says it.
struct CompressedTensorsGroup: Equatable, Sendable {
  /// One of the formats' names.
  var format: String
  var weights: CompressedTensorsArguments
  /// How a runtime quantizes what comes into a layer; nil where it does not.
  var inputs: CompressedTensorsArguments?
}

/// How numbers are quantized.
struct CompressedTensorsArguments: Equatable, Sendable {
  enum Kind: String { case int, float }

  var bits: Int
  var kind: Kind
  var isSymmetric = true
  /// `tensor`, `channel`, `group`, `block`, `token` or `tensor_group`.
  var strategy: String
  var groupSize: Int?
  /// The rows and columns of a block.
  var blockStructure: [Int]?
  var isDynamic = false
  /// `group` where columns were put in another order, else nothing that matters to a reader.
  var columnOrder: String?

  /// The object in `config.json`; what is absent has the meaning that older readers give it.
  var document: JSONDocument {
    var members: [JSONDocument.Member] = [
      .init(name: "num_bits", value: .integer(bits)),
      .init(name: "type", value: .text(kind.rawValue)),
      .init(name: "symmetric", value: .flag(isSymmetric)),
      .init(name: "strategy", value: .text(strategy)),
    ]
    if let groupSize { members.append(.init(name: "group_size", value: .integer(groupSize))) }
    members.append(.init(name: "dynamic", value: .flag(isDynamic)))
    return .object(members)
  }
}
