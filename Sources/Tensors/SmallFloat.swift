// SPDX-License-Identifier: Apache-2.0

/// The values of the 8-bit floating-point types, by code.
///
/// E4M3 and E5M2 as in "FP8 Formats for Deep Learning" (arXiv 2209.05433), E8M0 as in the OCP
/// Microscaling specification 1.0, and the FNUZ variants, which have one NaN, no infinity and no
/// negative zero.
enum SmallFloat {
  /// No infinity; NaN is the code whose exponent and fraction are all ones.
  static let e4m3 = table { $0 & 0x7F == 0x7F ? .nan : value($0, fractionBits: 3, bias: 7) }

  /// Infinity and NaN as in IEEE 754.
  static let e5m2 = table { code in
    switch code & 0x7F {
    case 0x7C: code < 0x80 ? .infinity : -.infinity
    case 0x7D...: .nan
    default: value(code, fractionBits: 2, bias: 15)
    }
  }

  /// A power of two from 2^-127 to 2^127; 255 is NaN.
  static let e8m0 = table { $0 == 0xFF ? .nan : power(Int($0) - 127) }

  /// NaN is the code of negative zero.
  static let e4m3fnuz = table { $0 == 0x80 ? .nan : value($0, fractionBits: 3, bias: 8) }

  /// NaN is the code of negative zero.
  static let e5m2fnuz = table { $0 == 0x80 ? .nan : value($0, fractionBits: 2, bias: 16) }

  private static func table(_ value: (UInt8) -> Float) -> [Float] {
    (UInt8.min...UInt8.max).map(value)
  }

  private static func value(_ code: UInt8, fractionBits: Int, bias: Int) -> Float {
    let fraction = Int(code) & (1 << fractionBits - 1)
    let exponent = Int(code & 0x7F) >> fractionBits
    let significand = exponent == 0 ? fraction : fraction + 1 << fractionBits
    let magnitude = Float(significand) * power(max(exponent, 1) - bias - fractionBits)
    return code < 0x80 ? magnitude : -magnitude
  }

  private static func power(_ exponent: Int) -> Float {
    Float(sign: .plus, exponent: exponent, significand: 1)
  }
}
