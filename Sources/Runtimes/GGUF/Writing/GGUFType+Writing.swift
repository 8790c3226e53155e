// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

extension GGUFType {
  /// The type of plain numbers; F32 where the format has none of that type.
  static func plain(_ type: ElementType) -> GGUFType {
    named(type.rawValue.lowercased()) ?? all[0]
  }

  /// The type of that name, in lower case.
  static func named(_ name: String) -> GGUFType? { all.first { $0.name == name } }

  /// How the format stores what is recorded of a tensor, or nil where it can't.
  init?(of record: TensorRecord) {
    let shape = record.tensor.shape
    guard record.layout.components.count == 1, shape.count <= GGUFFormat.dimensionLimit else {
      return nil
    }
    let name = record.plainType.map { $0.rawValue.lowercased() } ?? record.scheme
    guard let type = Self.named(name), (shape.last ?? 1) % type.weightCount == 0,
      record.layout.components[0].byteCount
        == shape.reduce(1, *) / type.weightCount * type.byteCount
    else { return nil }
    self = type
  }
}
