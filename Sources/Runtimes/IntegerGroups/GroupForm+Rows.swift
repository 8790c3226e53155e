// SPDX-License-Identifier: Apache-2.0

import CKernels
import Quantization
import Tensors

extension GroupForm {
  /// The codes row by row in little-endian words, the first in the lowest bits, unsigned.
  var packedCodes: SafetensorsArray.Content {
    codes == .nibbles(.low) || codes == .bytes
      ? .component(codesComponent) : .arranged(from: codesComponent, UnsignedCodes(codes: codes))
  }

  /// The scales row by row.
  func scales(as type: ElementType) -> SafetensorsArray.Content {
    type == scaleType
      ? .component(scalesComponent)
      : .arranged(from: scalesComponent, ConvertedScales(from: scaleType, to: type))
  }

  /// Makes codes of any form unsigned, with the low half of a byte first.
  static func unsigned(
    _ frame: UnsafeRawBufferPointer, _ codes: Codes, into target: UnsafeMutableRawPointer
  ) {
    let source = frame.bindMemory(to: UInt8.self)
    let bytes = target.assumingMemoryBound(to: UInt8.self)
    switch codes {
    case .nibbles(.high): halftone_swap_nibbles(source.baseAddress, source.count, bytes)
    case .signedBytes: for index in source.indices { bytes[index] = source[index] ^ 0x80 }
    case .nibbles(.low), .bytes:
      if let base = frame.baseAddress { target.copyMemory(from: base, byteCount: frame.count) }
    }
  }
}

/// Codes of another form as unsigned ones.
private struct UnsignedCodes: FrameArrangement {
  let codes: GroupForm.Codes

  func arrange(
    _ frame: UnsafeRawBufferPointer, at offset: Int,
    write: (UnsafeRawBufferPointer, Int) throws -> Void
  ) throws {
    guard !frame.isEmpty else { return }
    try withUnsafeTemporaryAllocation(byteCount: frame.count, alignment: 8) { bytes in
      guard let base = bytes.baseAddress else { return }
      GroupForm.unsigned(frame, codes, into: base)
      try write(UnsafeRawBufferPointer(bytes), offset)
    }
  }
}

/// Scales of one type as those of another of two bytes.
private struct ConvertedScales: FrameArrangement {
  let from: ElementType
  let to: ElementType

  func arrange(
    _ frame: UnsafeRawBufferPointer, at offset: Int,
    write: (UnsafeRawBufferPointer, Int) throws -> Void
  ) throws {
    let bits = ScaleConversion.floats(frame, of: from).map {
      ScaleConversion.nearest($0, as: to).littleEndian
    }
    try bits.withUnsafeBytes { try write($0, offset * 16 / from.bitWidth) }
  }
}
