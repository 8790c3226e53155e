// SPDX-License-Identifier: Apache-2.0

import CKernels

/// The sixteen values of the four-bit floating schemes, by code.
///
/// `formats/encodings.md` lists them.
package enum Codebook {
  /// NormalFloat: the quantiles of a normal distribution, scaled to −1 … 1, with an exact 0 at code
  /// 7.
  ///
  /// Source: QLoRA (Dettmers et al., 2023), the fp32 values that bitsandbytes compiles in.
  package static let nf4 = withUnsafeBytes(of: halftone_nf4_codebook) {
    Array($0.bindMemory(to: Float.self))
  }

  /// Four-bit float: bit 3 is the sign, bits 0–2 name a magnitude of {0, 1/16, 8, 12, 4, 6, 2,
  /// 3}/12.
  ///
  /// Code 8 is a positive zero, as bitsandbytes stores its map.
  package static let fp4: [Float] = {
    let magnitudes: [Float] = [0, 0.0625, 8, 12, 4, 6, 2, 3].map { $0 / 12 }
    return magnitudes + magnitudes.map { $0 == 0 ? 0 : -$0 }
  }()

  /// Four-bit float with two exponent bits and one of fraction (E2M1), by code.
  ///
  /// Source: OCP Microscaling Formats 1.0, table 4. Code 8 is the negative zero.
  package static let e2m1: [Float] = {
    let magnitudes: [Float] = [0, 0.5, 1, 1.5, 2, 3, 4, 6]
    return magnitudes + magnitudes.map { -$0 }
  }()
}
