// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Tensors
import TestSupport

/// One tensor in memory.
package struct TestTensor: Sendable {
  package var name: String
  package var elementType: ElementType
  package var shape: [Int]
  /// Little-endian and row-major.
  package var bytes: [UInt8]

  package init(_ name: String, _ elementType: ElementType, _ shape: [Int], bytes: [UInt8]) {
    self.name = name
    self.elementType = elementType
    self.shape = shape
    self.bytes = bytes
  }

  /// Rounds weights to F32, F16 or BF16, to nearest even.
  package init(
    _ name: String = "w", _ elementType: ElementType = .f32, _ shape: [Int], _ weights: [Float]
  ) {
    self.init(name, elementType, shape, bytes: Self.bytes(of: weights, as: elementType))
  }

  package var description: TensorDescription {
    TensorDescription(
      name: name, shape: shape, elementType: elementType,
      scheme: elementType.rawValue.lowercased(), storedByteCount: bytes.count)
  }

  /// The weights of an F32, F16 or BF16 tensor.
  package var weights: [Float] {
    bytes.withUnsafeBytes { raw in
      (0..<shape.reduce(1, *)).map { index in
        switch elementType {
        case .f32: raw.loadUnaligned(fromByteOffset: 4 * index, as: Float.self)
        case .f16: Float(raw.loadUnaligned(fromByteOffset: 2 * index, as: Float16.self))
        default:
          Float(
            bitPattern: UInt32(raw.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)) << 16)
        }
      }
    }
  }

  /// Numbers as they are stored in a type.
  package static func bytes(of weights: [Float], as type: ElementType) -> [UInt8] {
    switch type {
    case .f16: return weights.map { Float16($0).bitPattern }.withUnsafeBytes(Array.init)
    case .bf16:
      return weights.map { weight in
        let bits = weight.bitPattern
        return UInt16((bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16)
      }.withUnsafeBytes(Array.init)
    default: return weights.withUnsafeBytes(Array.init)
    }
  }
}

extension TestTensor {
  /// Weights spread over a few orders of magnitude, with some zeros of either sign.
  package static func spread(_ count: Int, seed: UInt64, scale: Float = 1) -> [Float] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      let bits = generator.next()
      if bits % 61 == 0 { return bits & 64 == 0 ? 0 : -0.0 }
      let unit = Float(bits >> 40) / Float(1 << 23) - 1
      return unit * scale * Float(sign: .plus, exponent: -Int(bits & 7), significand: 1)
    }
  }
}

extension TestTensor {
  /// A large bf16 tensor of positive numbers that no two neighbours share, made quickly.
  package static func ramp(_ name: String, _ shape: [Int]) -> TestTensor {
    let count = shape.reduce(1, *)
    let bytes = [UInt8](unsafeUninitializedCapacity: 2 * count) { buffer, filled in
      for index in 0..<count {
        buffer[2 * index] = UInt8(truncatingIfNeeded: index &* 31)
        buffer[2 * index + 1] = UInt8(0x3C + (index >> 8) % 4)
      }
      filled = 2 * count
    }
    return TestTensor(name, .bf16, shape, bytes: bytes)
  }
}

extension [TestTensor] {
  /// Writes the tensors as one safetensors file.
  package func write(to path: String) throws {
    let writer = try SafetensorsWriter(
      path: path,
      tensors: map {
        TensorDeclaration(name: $0.name, elementType: $0.elementType, shape: $0.shape)
      }, overwrite: true)
    for tensor in self {
      try tensor.bytes.withUnsafeBytes { _ = try writer.append($0, to: tensor.name) }
    }
    try writer.commit()
  }
}
