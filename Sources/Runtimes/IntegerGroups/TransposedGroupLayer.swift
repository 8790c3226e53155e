// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Quantization
import Tensors

/// One layer of GPTQ's or AWQ's: how its arrays become the components of integer groups.
struct TransposedGroupLayer {
  let module: String
  let bits: Int
  let rows: Int
  let columns: Int
  let groups: Int
  let scaleType: ElementType
  let packing: TransposedGroupReader.Packing
  /// The zero point of all groups where it is the same, the middle of the codes; nil where it is not.
  private(set) var zero: Int?
  /// The group of each column where groups are no runs of columns; nil where they are.
  var columnGroups: [Int32]?

  init(
    module: String, bits: Int, rows: Int, columns: Int, groups: Int, scaleType: ElementType,
    packing: TransposedGroupReader.Packing
  ) {
    self.module = module
    self.bits = bits
    self.rows = rows
    self.columns = columns
    self.groups = groups
    self.scaleType = scaleType
    self.packing = packing
  }

  private var group: Int { columnGroups == nil ? columns / groups : 1 }

  /// Finds out whether all zero points are the middle of the codes.
  mutating func readZeros(of model: SafetensorsModel) throws {
    let middle = 1 << (bits - 1)
    let stored = packing == .gptq(isOneLess: true) ? middle - 1 : middle
    let byte = UInt8(bits == 4 ? stored * 0x11 : stored)
    let isMiddle = try model.withStoredBytes(of: "\(module).qzeros") {
      $0.allSatisfy { $0 == byte }
    }
    zero = isMiddle ? middle : nil
  }

  /// The group of each column, where groups are no runs of columns.
  ///
  /// - Throws: ``RuntimeError/malformed(file:tensor:problem:)`` where a column is in no group.
  func groupsOutOfOrder(of model: SafetensorsModel, _ finder: ArrayFinder) throws -> [Int32]? {
    let found = try model.withStoredBytes(of: "\(module).g_idx") { bytes in
      (0..<columns).map {
        Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self))
      }
    }
    guard found.allSatisfy({ $0 >= 0 && $0 < groups }) else {
      throw finder.refusal("its array g_idx names a group that is not among its \(groups)")
    }
    let run = columns / groups
    return found.enumerated().allSatisfy { $1 == $0 / run } ? nil : found
  }

  /// Refers to ``components`` by position.
  var encoding: Encoding {
    let isFour = bits == 4
    let zeros =
      zero == nil
      ? Encoding.Step(
        .subtract,
        Encoding(
          component: 2, bits: isFour && columnGroups == nil ? 4 : nil,
          order: isFour && columnGroups == nil ? .low : nil), block: group)
      : .init(.subtract, Encoding(component: 2))
    return Encoding(
      component: 0, bits: isFour ? 4 : nil, order: isFour ? .low : nil,
      steps: [zeros, .init(.multiply, Encoding(component: 1), block: group)])
  }

  var components: [(component: StoredTensor.Component, array: StoredArrays.Array)] {
    let codes: any DerivedArray =
      packing == .awq
      ? InterleavedArray(array: "\(module).qweight", rows: rows, columns: columns)
      : TransposedArray(
        array: "\(module).qweight",
        matrix: TransposedElements(rows: rows, columns: columns * bits / 32), width: 4)
    return [
      (
        .init(
          role: "codes", elementType: .u8,
          shape: bits == 4 ? [rows * columns / 2] : [rows, columns]), .derived(codes)
      ), scales, zeros,
    ]
  }

  private var scales: (component: StoredTensor.Component, array: StoredArrays.Array) {
    let array = "\(module).scales"
    if let columnGroups {
      return (
        .init(role: "scales", elementType: scaleType, shape: [rows * columns]),
        .derived(
          GatheredScales(
            array: array, rows: rows, columnGroups: columnGroups,
            width: scaleType.bitWidth / 8))
      )
    }
    return (
      .init(role: "scales", elementType: scaleType, shape: [rows * groups]),
      .derived(
        TransposedArray(
          array: array, matrix: TransposedElements(rows: rows, columns: groups),
          width: scaleType.bitWidth / 8))
    )
  }

  private var zeros: (component: StoredTensor.Component, array: StoredArrays.Array) {
    if let zero {
      return (.init(role: "zero", elementType: .f32, shape: [1]), .known([Float(zero)].bytes))
    }
    let place: GroupZeros.Place
    switch packing {
    case .gptq(let isOneLess): place = .wordsOfGroups(isOneLess: isOneLess)
    case .awq: place = .interleavedWordsOfGroups
    }
    let zeros = GroupZeros(
      array: "\(module).qzeros", bits: bits, rows: rows, groups: groups, place: place)
    guard let columnGroups else { return zeros.component }
    return (
      .init(role: "zeros", elementType: .u8, shape: [rows * columns]),
      .derived(GatheredZeros(zeros: zeros, columnGroups: columnGroups))
    )
  }
}

/// A scale for each weight, of groups that are no runs of columns.
private struct GatheredScales: DerivedArray {
  let array: String
  let rows: Int
  let columnGroups: [Int32]
  /// The bytes of a scale.
  let width: Int

  func copy(
    _ range: Range<Int>, of model: SafetensorsModel, into bytes: UnsafeMutableRawBufferPointer
  ) throws {
    let columns = columnGroups.count
    try model.withStoredBytes(of: array) { stored in
      for (place, byte) in range.enumerated() {
        let (row, column) = (byte / width / columns, byte / width % columns)
        bytes[place] = stored[(Int(columnGroups[column]) * rows + row) * width + byte % width]
      }
    }
  }
}

/// A zero point for each weight, of groups that are no runs of columns.
private struct GatheredZeros: DerivedArray {
  let zeros: GroupZeros
  let columnGroups: [Int32]

  func copy(
    _ range: Range<Int>, of model: SafetensorsModel, into bytes: UnsafeMutableRawBufferPointer
  ) throws {
    let columns = columnGroups.count
    try model.withStoredBytes(of: zeros.array) { stored in
      for (place, index) in range.enumerated() {
        bytes[place] = zeros.zero(
          row: index / columns, group: Int(columnGroups[index % columns]), stored)
      }
    }
  }
}
