// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// Codes as GPTQ has them: words of consecutive columns, transposed.
struct TransposedCodes: FrameArrangement {
  let form: GroupForm

  func arrange(
    _ frame: UnsafeRawBufferPointer, at offset: Int,
    write: (UnsafeRawBufferPointer, Int) throws -> Void
  ) throws {
    let words = TransposedElements(rows: form.rows, columns: form.columns * form.bits / 32)
    try withUnsafeTemporaryAllocation(of: UInt32.self, capacity: max(1, frame.count / 4)) {
      buffer in
      guard let base = buffer.baseAddress else { return }
      GroupForm.unsigned(frame, form.codes, into: UnsafeMutableRawPointer(base))
      try words.write(
        UnsafeBufferPointer(rebasing: buffer[..<(frame.count / 4)]),
        first: offset / 4 / words.columns, write)
    }
  }
}

/// Scales as GPTQ and AWQ have them: F16, transposed.
struct TransposedScales: FrameArrangement {
  let form: GroupForm

  func arrange(
    _ frame: UnsafeRawBufferPointer, at offset: Int,
    write: (UnsafeRawBufferPointer, Int) throws -> Void
  ) throws {
    let width = form.scaleType.bitWidth / 8
    let bits = ScaleConversion.floats(frame, of: form.scaleType).map {
      ScaleConversion.nearest($0, as: .f16).littleEndian
    }
    try bits.withUnsafeBufferPointer {
      try TransposedElements(rows: form.rows, columns: form.groups).write(
        $0, first: offset / width / form.groups, write)
    }
  }
}

/// Codes of four bits, or zero points, as AWQ has them: words of eight rows in its order, transposed.
///
/// Slabs begin at a multiple of eight rows.
struct InterleavedRows: FrameArrangement {
  let rows: Int
  /// Numbers of four bits in a row.
  let columns: Int
  let codes: GroupForm.Codes

  func arrange(
    _ frame: UnsafeRawBufferPointer, at offset: Int,
    write: (UnsafeRawBufferPointer, Int) throws -> Void
  ) throws {
    let first = 2 * offset / columns
    let count = 2 * frame.count / columns
    let isHighFirst = codes == .nibbles(.high)
    // As many columns at a time as one line of the cache holds of a row.
    let lanes = 64
    let words = count / 8
    try withUnsafeTemporaryAllocation(of: UInt32.self, capacity: max(1, lanes * words)) { turned in
      for start in stride(from: 0, to: columns, by: lanes) {
        let taken = min(lanes, columns - start)
        turned.update(repeating: 0)
        for row in 0..<8 * words {
          let shift = UInt32(4 * AWQOrder.lane(of: row % 8))
          for lane in 0..<taken {
            let index = row &* columns &+ start &+ lane
            let byte = frame[index >> 1]
            let isHigh = (index & 1 == 0) == isHighFirst
            let nibble = UInt32(isHigh ? byte >> 4 : byte & 15)
            turned[lane &* words &+ row >> 3] |= nibble << shift
          }
        }
        for lane in 0..<taken {
          let run = UnsafeBufferPointer(rebasing: turned[lane * words..<(lane + 1) * words])
          try write(UnsafeRawBufferPointer(run), ((start + lane) * (rows / 8) + first / 8) * 4)
        }
      }
    }
  }
}
