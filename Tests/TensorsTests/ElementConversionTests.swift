// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors
import Testing

@Suite struct ElementConversionTests {
  /// The numbers in `bytes`, read at an odd address.
  private func widen(bytes: [UInt8], _ type: ElementType) -> [Float] {
    let shifted = [0] + bytes
    var result = [Float](repeating: -1, count: bytes.count * 8 / type.bitWidth)
    let known = shifted.withUnsafeBytes { source in
      result.withUnsafeMutableBufferPointer { target in
        ElementConversion.widen(
          UnsafeRawBufferPointer(rebasing: source[1...]), of: type, into: target)
      }
    }
    #expect(known)
    return result
  }

  private func widen<Number: FixedWidthInteger>(_ numbers: [Number], _ type: ElementType) -> [Float]
  {
    widen(
      bytes: numbers.flatMap { number in withUnsafeBytes(of: number.littleEndian, Array.init) },
      type)
  }

  #if !(os(macOS) && arch(x86_64))
    @Test func `every half-precision number widens exactly`() {
      let codes = Array(UInt16.min...UInt16.max)
      for (code, found) in zip(codes, widen(codes, .f16)) {
        let expected = Float(Float16(bitPattern: code))
        if expected.isNaN {
          #expect(found.isNaN && !found.isSignalingNaN)
        } else if found.bitPattern != expected.bitPattern {
          Issue.record("\(code): \(found) instead of \(expected)")
        }
      }
    }
  #endif

  @Test func `bf16 is the upper half of fp32`() {
    #expect(
      widen([0x3F80, 0xC000, 0x0001, 0x7F80, 0x8000] as [UInt16], .bf16).map(\.bitPattern)
        == [0x3F80_0000, 0xC000_0000, 0x0001_0000, 0x7F80_0000, 0x8000_0000])
  }

  @Test func `wide numbers are rounded to nearest even`() {
    #expect(widen([Float(0.1).bitPattern], .f32) == [0.1])
    #expect(widen([(0.1).bitPattern, (1e300).bitPattern], .f64) == [0.1, .infinity])
    #expect(
      widen([16_777_217, 16_777_219, .min] as [Int32], .i32) == [16_777_216, 16_777_220, -0x1p31])
    #expect(widen([.max, 0] as [UInt32], .u32) == [0x1p32, 0])
    #expect(widen([.max, .min] as [Int64], .i64) == [0x1p63, -0x1p63])
    #expect(widen([.max] as [UInt64], .u64) == [0x1p64])
  }

  @Test func `small integers and truth values are exact`() {
    #expect(widen(bytes: [0, 1, 255], .u8) == [0, 1, 255])
    #expect(widen(bytes: [0, 1, 255], .i8) == [0, 1, -1])
    #expect(widen(bytes: [0, 1, 7], .bool) == [0, 1, 1])
    #expect(widen([.min, .max] as [Int16], .i16) == [-32768, 32767])
    #expect(widen([.max] as [UInt16], .u16) == [65535])
  }

  /// The extremes that the types' definitions list.
  @Test func `8-bit floating-point codes have the values of their definitions`() {
    #expect(
      widen(bytes: [0x00, 0x01, 0x07, 0x08, 0x38, 0x7E, 0xFE], .f8e4m3)
        == [0, 0x1p-9, 0x1.cp-7, 0x1p-6, 1, 448, -448])
    #expect(widen(bytes: [0x80], .f8e4m3).map(\.bitPattern) == [0x8000_0000])
    #expect(widen(bytes: [0x7F, 0xFF], .f8e4m3).allSatisfy { $0.isNaN })
    #expect(
      widen(bytes: [0x01, 0x03, 0x04, 0x3C, 0x7B, 0x7C, 0xFC], .f8e5m2)
        == [0x1p-16, 0x1.8p-15, 0x1p-14, 1, 57344, .infinity, -.infinity])
    #expect(widen(bytes: [0x7D, 0x7F, 0xFE], .f8e5m2).allSatisfy { $0.isNaN })
    #expect(widen(bytes: [0, 127, 254], .f8e8m0) == [0x1p-127, 1, 0x1p127])
    #expect(widen(bytes: [255], .f8e8m0).allSatisfy { $0.isNaN })
    #expect(widen(bytes: [0x01, 0x40, 0x7F], .f8e4m3fnuz) == [0x1p-10, 1, 240])
    #expect(widen(bytes: [0x01, 0x40, 0x7F], .f8e5m2fnuz) == [0x1p-17, 1, 57344])
    #expect(widen(bytes: [0x80], .f8e4m3fnuz).allSatisfy { $0.isNaN })
    #expect(widen(bytes: [0x80], .f8e5m2fnuz).allSatisfy { $0.isNaN })
  }

  @Test func `types without a real number per byte are left alone`() {
    for type in [ElementType.f4, .f6e2m3, .f6e3m2, .c64] {
      #expect(!ElementConversion.canWiden(type))
      var target: [Float] = [7, 7]
      let known = [UInt8](repeating: 0, count: 8).withUnsafeBytes { source in
        target.withUnsafeMutableBufferPointer {
          ElementConversion.widen(source, of: type, into: $0)
        }
      }
      #expect(!known)
      #expect(target == [7, 7])
    }
  }

  @Test func `no elements need no room`() {
    #expect(widen([UInt16](), .bf16) == [])
  }
}
