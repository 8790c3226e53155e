// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

extension GroupForm {
  /// The form of a tensor whose components are copied, where zero points that are all alike count as one.
  ///
  /// - Throws: the source's error.
  init?(of record: TensorRecord, stored: StoredTensor?) throws {
    self.init(of: record)
    guard let stored, case .each(let component, _) = zeros else { return }
    let count = rows * groups
    let first: UInt8 = try stored.withBytes(of: component, in: 0..<1) { $0[0] }
    guard first >> 4 == first & 15 || count == 1 else { return }
    if try stored.allBytes(of: component, satisfy: { $0 == first }, count: count / 2),
      try count % 2 == 0 || stored.bytes(of: component).last.map({ self.zero($0) }) == zero(first)
    {
      zeros = .constant(Int(zero(first)))
    }
  }

  /// The first zero point of a byte.
  private func zero(_ byte: UInt8) -> UInt8 {
    if case .each(_, .high) = zeros { byte >> 4 } else { byte & 15 }
  }

  /// Checks that scales that are copied are numbers of another type, too, to the last bit.
  ///
  /// - Parameter format: the runtime that wants them in that type.
  /// - Throws: ``RuntimeError/notHeld(format:tensor:scheme:problem:remedy:)`` at the first that is not.
  func requireScales(
    in type: ElementType, of stored: StoredTensor, _ record: TensorRecord, format: String
  ) throws {
    guard scaleType != type else { return }
    let width = scaleType.bitWidth / 8
    let count = rows * groups
    let length = 1 << 16
    for start in stride(from: 0, to: count, by: length) {
      let range = start..<min(start + length, count)
      try stored.withBytes(
        of: scalesComponent, in: range.lowerBound * width..<range.upperBound * width
      ) { bytes in
        for (index, scale) in ScaleConversion.floats(bytes, of: scaleType).enumerated()
        where ScaleConversion.exact(scale, as: type) == nil {
          throw RuntimeError.notHeld(
            format: format, tensor: record.tensor.name, scheme: record.scheme,
            problem:
              "its scale \(start + index) is \(scale), which is no \(type.rawValue) number, and the "
              + "runtime knows no other scales for such a model",
            remedy: "quantize the original model for \(format), or keep this format")
        }
      }
    }
  }
}

extension StoredTensor {
  /// Whether the first bytes of a component have a property.
  fileprivate func allBytes(
    of position: Int, satisfy predicate: (UInt8) -> Bool, count: Int
  ) throws -> Bool {
    let length = 1 << 20
    for start in stride(from: 0, to: count, by: length) {
      let isTrue = try withBytes(of: position, in: start..<min(start + length, count)) { bytes in
        bytes.allSatisfy(predicate)
      }
      if !isTrue { return false }
    }
    return true
  }
}
