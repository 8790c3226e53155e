// SPDX-License-Identifier: Apache-2.0

/// The sixteen values of the four-bit floating schemes.
///
/// `formats/encodings.md` lists them.
package enum Codebook {
  /// NormalFloat: the quantiles of a normal distribution, scaled to −1 … 1, with an exact 0 at code
  /// 7.
  ///
  /// Source: QLoRA (Dettmers et al., 2023), the fp32 values that bitsandbytes compiles in.
  package static let nf4: [Float] = [
    -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
    -0.18477343022823334, -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725,
    0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941,
    0.7229568362236023, 1.0,
  ]

  /// Four-bit float: bit 3 is the sign, bits 0–2 name a magnitude of {0, 1/16, 8, 12, 4, 6, 2,
  /// 3}/12.
  ///
  /// Code 8 is a positive zero, as bitsandbytes stores its map.
  package static let fp4: [Float] = {
    let magnitudes: [Float] = [0, 0.0625, 8, 12, 4, 6, 2, 3].map { $0 / 12 }
    return magnitudes + magnitudes.map { $0 == 0 ? 0 : -$0 }
  }()
}
