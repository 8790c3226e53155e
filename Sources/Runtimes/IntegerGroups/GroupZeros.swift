// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Quantization
import Tensors

/// Zero points, one for each row and group, that a file packs along the rows: read as rows of groups, of
/// four bits with the low half of a byte first, or of eight.
struct GroupZeros: DerivedArray {
  /// Where the zero point of a row and a group is.
  enum Place {
    /// I32 [rows · bits / 32, groups]: compressed-tensors.
    case wordsOfRows
    /// I32 [groups, rows · bits / 32]: GPTQ, where `isOneLess` tells that version 1 stores one less.
    case wordsOfGroups(isOneLess: Bool)
    /// The same with four-bit columns in AWQ's order.
    case interleavedWordsOfGroups
  }

  let array: String
  let bits: Int
  let rows: Int
  let groups: Int
  let place: Place

  /// The component that it makes.
  var component: (component: StoredTensor.Component, array: StoredArrays.Array) {
    let count = rows * groups
    return (
      .init(role: "zeros", elementType: .u8, shape: [bits == 4 ? (count + 1) / 2 : count]),
      .derived(self)
    )
  }

  func copy(
    _ range: Range<Int>, of model: SafetensorsModel, into bytes: UnsafeMutableRawBufferPointer
  ) throws {
    try model.withStoredBytes(of: array) { stored in
      for (index, byte) in range.enumerated() {
        guard bits == 4 else {
          bytes[index] = zero(byte, stored)
          continue
        }
        let second = 2 * byte + 1 < rows * groups ? zero(2 * byte + 1, stored) : 0
        bytes[index] = zero(2 * byte, stored) | second << 4
      }
    }
  }

  /// A zero point by its place among the rows of groups.
  private func zero(_ index: Int, _ stored: UnsafeRawBufferPointer) -> UInt8 {
    zero(row: index / groups, group: index % groups, stored)
  }

  /// The zero point of a row and a group.
  ///
  /// - Parameter stored: the bytes of ``array``.
  func zero(row: Int, group: Int, _ stored: UnsafeRawBufferPointer) -> UInt8 {
    let perWord = 32 / bits
    let words = (rows + perWord - 1) / perWord
    let word: Int
    var lane = row % perWord
    switch place {
    case .wordsOfRows: word = row / perWord * groups + group
    case .wordsOfGroups: word = group * words + row / perWord
    case .interleavedWordsOfGroups:
      word = group * words + row / perWord
      lane = AWQOrder.lane(of: lane)
    }
    let bytes = stored.loadUnaligned(fromByteOffset: 4 * word, as: UInt32.self)
    let value = UInt32(littleEndian: bytes) >> UInt32(lane * bits)
    let mask: UInt32 = bits == 4 ? 15 : 255
    if case .wordsOfGroups(isOneLess: true) = place { return UInt8((value &+ 1) & mask) }
    return UInt8(value & mask)
  }
}

/// The order of the eight output columns in a word of AWQ's.
enum AWQOrder {
  private static let lanes = [0, 4, 1, 5, 2, 6, 3, 7]

  /// Which four bits of a word, counted from the lowest, belong to a column of eight.
  static func lane(of column: Int) -> Int { lanes[column] }
}
