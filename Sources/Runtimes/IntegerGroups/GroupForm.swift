// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// A matrix of integer codes with a scale, and maybe a zero point, for each group of a row: told from
/// what is stored for it and how that is read, not from the scheme's name.
struct GroupForm {
  /// How codes stand in their component; all mean unsigned numbers, of which a zero point is taken away.
  enum Codes: Equatable {
    /// Two to a byte.
    case nibbles(Encoding.BitOrder)
    case bytes
    /// Two's complement: the unsigned code is 128 more.
    case signedBytes
  }

  enum Zeros: Equatable {
    /// The same for all groups.
    case constant(Int)
    /// One for each group: four bits wide in the component at a position.
    case each(component: Int, Encoding.BitOrder)
  }

  var rows: Int
  var columns: Int
  /// Weights per group; it divides ``columns``.
  var group: Int
  var codes: Codes
  /// Positions of components.
  var codesComponent: Int
  var scalesComponent: Int
  /// F16, BF16 or F32.
  var scaleType: ElementType
  var zeros: Zeros

  var bits: Int { if case .nibbles = codes { 4 } else { 8 } }
  /// Groups per row.
  var groups: Int { columns / group }
  /// Whether every group's zero point is the middle of the codes.
  var isSymmetric: Bool { zeros == .constant(1 << (bits - 1)) }

  /// The form of a tensor; nil where it is none.
  init?(of record: TensorRecord) {
    let (encoding, components) = (record.layout.encoding, record.layout.components)
    let tensor = record.tensor
    guard tensor.shape.count == 2, tensor.elementCount > 0, let steps = encoding.steps,
      (1...2).contains(steps.count), let last = steps.last, last.operation == .multiply,
      let group = last.block, tensor.columnCount % group == 0,
      last.operand.bits == nil, (last.operand.steps ?? []).isEmpty
    else { return nil }
    let scales = components[last.operand.component]
    let count = tensor.elementCount / group
    guard [.f16, .bf16, .f32].contains(scales.elementType),
      scales.shape.reduce(1, *) == count,
      let codes = Self.codes(encoding, components[encoding.component], tensor.elementCount)
    else { return nil }
    rows = tensor.rowCount
    columns = tensor.columnCount
    self.group = group
    self.codes = codes
    codesComponent = encoding.component
    scalesComponent = last.operand.component
    scaleType = scales.elementType
    if steps.count == 1 {
      guard codes == .signedBytes else { return nil }
      zeros = .constant(128)
    } else {
      guard codes != .signedBytes, let zeros = Self.zeros(steps[0], group, count, components) else {
        return nil
      }
      self.zeros = zeros
    }
  }

  private static func codes(
    _ encoding: Encoding, _ component: TensorLayout.Component, _ count: Int
  ) -> Codes? {
    switch (encoding.bits, component.elementType) {
    case (4, .u8):
      guard component.byteCount == (count + 1) / 2, let order = encoding.order else { return nil }
      return .nibbles(order)
    case (nil, .u8): return component.byteCount == count ? .bytes : nil
    case (nil, .i8): return component.byteCount == count ? .signedBytes : nil
    default: return nil
    }
  }

  private static func zeros(
    _ step: Encoding.Step, _ group: Int, _ count: Int, _ components: [TensorLayout.Component]
  ) -> Zeros? {
    let operand = step.operand
    let component = components[operand.component]
    guard step.operation == .subtract, (operand.steps ?? []).isEmpty else { return nil }
    if step.block == nil {
      guard component.elementType == .f32, let bytes = component.constantBytes, bytes.count == 4
      else { return nil }
      let value = bytes.withUnsafeBytes {
        Float(bitPattern: UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self)))
      }
      return value >= 0 && value <= 255 && value.rounded() == value ? .constant(Int(value)) : nil
    }
    guard step.block == group, operand.bits == 4, let order = operand.order,
      component.byteCount == (count + 1) / 2
    else { return nil }
    return .each(component: operand.component, order)
  }
}
