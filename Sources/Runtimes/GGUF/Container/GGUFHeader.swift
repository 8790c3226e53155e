// SPDX-License-Identifier: Apache-2.0

/// What stands before the tensors of a file that is written, and where the tensors will be.
struct GGUFHeader {
  /// The version that is written.
  static let version: UInt32 = 3

  /// A tensor that is to be written.
  struct Tensor: Sendable, Equatable {
    var name: String
    /// Outermost dimension first.
    var shape: [Int]
    var type: GGUFType

    var byteCount: Int { shape.reduce(1, *) / type.weightCount * type.byteCount }
  }

  /// Up to the first tensor's first byte, padding included.
  let bytes: [UInt8]
  /// Where each tensor's bytes are, counted from the start of the file.
  let ranges: [Range<Int>]
  /// The size of the whole file: the last tensor is padded too.
  let byteCount: Int

  /// Lays a file out.
  ///
  /// - Parameter tensors: they take places in this order, of names that are different and rows that are
  ///   whole blocks.
  init(fields: [GGUFField], tensors: [Tensor]) {
    var bytes = GGUFFormat.magic
    bytes.append(integer: Self.version)
    bytes.append(integer: UInt64(tensors.count))
    bytes.append(integer: UInt64(fields.count))
    for field in fields { field.append(to: &bytes) }
    var offsets: [Int] = []
    var end = 0
    for tensor in tensors {
      offsets.append(end)
      bytes.append(text: tensor.name)
      bytes.append(integer: UInt32(tensor.shape.count))
      for dimension in tensor.shape.reversed() { bytes.append(integer: Int64(dimension)) }
      bytes.append(integer: tensor.type.id)
      bytes.append(integer: UInt64(end))
      end = Self.padded(end + tensor.byteCount)
    }
    bytes += [UInt8](repeating: 0, count: Self.padded(bytes.count) - bytes.count)
    self.bytes = bytes
    ranges = zip(offsets, tensors).map { offset, tensor in
      bytes.count + offset..<bytes.count + offset + tensor.byteCount
    }
    byteCount = bytes.count + end
  }

  private static func padded(_ position: Int) -> Int {
    let alignment = GGUFFormat.defaultAlignment
    return (position + alignment - 1) / alignment * alignment
  }
}
