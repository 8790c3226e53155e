// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// The decoding rule of `formats/encodings.md`, one number at a time and as plainly as it is written.
package struct DecodingRule {
  private let components: [(type: ElementType, bytes: [UInt8])]

  package init(_ tensor: EncodedTensor) {
    components = zip(tensor.layout.components, tensor.components).map { ($0.elementType, $1) }
  }

  /// Number `index` of an encoding.
  package func number(_ index: Int, of encoding: Encoding) -> Float {
    var number = stored(index, encoding)
    for step in encoding.steps ?? [] {
      let position = step.block.map { index / $0 } ?? 0
      switch step.operation {
      case .lookup: number = self.number(Int(number), of: step.operand)
      case .subtract: number = number - self.number(position, of: step.operand)
      case .multiply: number = number * self.number(position, of: step.operand)
      case .divide: number = number / self.number(position, of: step.operand)
      case .add: number = number + self.number(position, of: step.operand)
      }
    }
    return number
  }

  private func stored(_ index: Int, _ encoding: Encoding) -> Float {
    let (type, bytes) = components[encoding.component]
    if let bits = encoding.bits {
      return Float(
        (0..<bits).reduce(0) { number, bit in
          let place = index * bits + bit
          if encoding.order == .high {
            return number << 1 | Int(bytes[place / 8] >> (7 - place % 8) & 1)
          }
          return number | Int(bytes[place / 8] >> (place % 8) & 1) << bit
        })
    }
    return bytes.withUnsafeBytes { raw in
      switch type {
      case .u8: Float(raw[index])
      case .i8: Float(raw.loadUnaligned(fromByteOffset: index, as: Int8.self))
      case .f8e4m3: smallFloat(raw[index])
      case .f8e8m0: Float(sign: .plus, exponent: Int(raw[index]) - 127, significand: 1)
      case .f16: Float(raw.loadUnaligned(fromByteOffset: 2 * index, as: Float16.self))
      case .bf16:
        Float(
          bitPattern: UInt32(raw.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)) << 16)
      default: raw.loadUnaligned(fromByteOffset: 4 * index, as: Float.self)
      }
    }
  }
}

/// The number of an E4M3 code that is not NaN.
private func smallFloat(_ code: UInt8) -> Float {
  let (exponent, fraction) = (Int(code >> 3 & 15), Float(code & 7) / 8)
  return Float(
    signOf: code < 128 ? 1 : -1,
    magnitudeOf: exponent == 0
      ? fraction * 0x1p-6
      : Float(sign: .plus, exponent: exponent - 7, significand: 1 + fraction))
}

extension EncodedTensor {
  /// Weights as a reader restores them.
  package func restored(_ elements: Range<Int>? = nil) -> [Float] {
    let rule = DecodingRule(self)
    return (elements ?? 0..<elementCount).map { rule.number($0, of: layout.encoding) }
  }
}
