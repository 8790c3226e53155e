// SPDX-License-Identifier: Apache-2.0

import Tensors

/// How a tensor of a GGUF file is stored: plain numbers or blocks of a type.
package struct GGUFType: Sendable, Equatable {
  enum Storage: Sendable {
    case plain(ElementType)
    case blocks(any GGUFBlock.Type)
  }

  /// The container's number for it.
  package let id: UInt32
  /// The name in lower case: `q4_k`, `bf16`.
  package let name: String
  /// Weights in a block; 1 where numbers are plain.
  package let weightCount: Int
  /// Bytes of a block, or of a plain number.
  package let byteCount: Int
  let storage: Storage

  /// The type of that number, or nil where it is unknown or can't be decoded.
  init?(id: UInt32) {
    guard let type = Self.byID[id] else { return nil }
    self = type
  }

  /// The type of that name, or nil where none is called so.
  package init?(named name: String) {
    guard let type = Self.all.first(where: { $0.name == name }) else { return nil }
    self = type
  }

  init(id: UInt32, plain type: ElementType) {
    self.id = id
    name = type.schemeName
    weightCount = 1
    byteCount = type.bitWidth / 8
    storage = .plain(type)
  }

  init(_ block: any GGUFBlock.Type) {
    id = block.id
    name = block.name
    weightCount = block.weightCount
    byteCount = block.byteCount
    storage = .blocks(block)
  }

  package static func == (a: GGUFType, b: GGUFType) -> Bool { a.id == b.id }

  /// The plain number's type, or nil for blocks.
  package var elementType: ElementType? {
    if case .plain(let type) = storage { type } else { nil }
  }

  /// Every type that can be decoded, by number.
  package static let all = byID.values.sorted { $0.id < $1.id }

  private static let byID: [UInt32: GGUFType] = {
    let plain: [(UInt32, ElementType)] = [
      (0, .f32), (1, .f16), (24, .i8), (25, .i16), (26, .i32), (27, .i64), (28, .f64), (30, .bf16),
    ]
    // A new block type is a file beside this one and a line here.
    let blocks: [any GGUFBlock.Type] = [
      Q4_0.self, Q4_1.self, Q5_0.self, Q5_1.self, Q8_0.self, Q2_K.self, Q3_K.self, Q4_K.self,
      Q5_K.self, Q6_K.self, IQ4_NL.self, IQ4_XS.self, TQ1_0.self, TQ2_0.self, MXFP4.self,
      NVFP4.self,
    ]
    let types = plain.map(GGUFType.init(id:plain:)) + blocks.map { GGUFType($0) }
    return Dictionary(uniqueKeysWithValues: types.map { ($0.id, $0) })
  }()

  /// Types that files have and this program knows by name only: those whose codes index tables of
  /// their own, those of activations, and what is too new.
  static let undecodable: [UInt32: String] = [
    9: "Q8_1", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 21: "IQ3_S",
    22: "IQ2_S", 29: "IQ1_M", 41: "Q1_0", 42: "Q2_0",
  ]
}

extension GGUFType {
  /// Restores whole blocks, or plain numbers.
  ///
  /// - Parameters:
  ///   - bytes: `count * byteCount` bytes at any alignment.
  ///   - target: at least `count * weightCount` places.
  func decode(
    _ bytes: UnsafeRawBufferPointer, count: Int, into target: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(bytes.count == count * byteCount && target.count >= count * weightCount)
    guard count > 0, let from = bytes.baseAddress, let to = target.baseAddress else { return }
    switch storage {
    case .plain(let type): _ = ElementConversion.widen(bytes, of: type, into: target)
    case .blocks(let block):
      block.decode(from.assumingMemoryBound(to: UInt8.self), count: count, into: to)
    }
  }
}
