// SPDX-License-Identifier: Apache-2.0

import Tensors

/// A named file type of llama.cpp: a base type, and rules by which some tensors get another.
///
/// The choice is that of `llama-quantize` without an importance matrix, at the revision that
/// `formats/gguf.md` names.
package struct GGUFMix: Sendable, Equatable {
  /// The name in lower case, as `llama-quantize` takes it: `q4_k_m`.
  package let name: String
  /// `general.file_type`.
  package let fileType: UInt32
  /// What tensors get where no rule says otherwise.
  package let base: GGUFType

  private init(_ name: String, _ fileType: UInt32, _ base: GGUFType) {
    self.name = name
    self.fileType = fileType
    self.base = base
  }

  /// The mix of that name, `q3_k`, `q4_k` and `q5_k` being short for the medium ones; nil where none is
  /// called so.
  package init?(named name: String) {
    let name = Self.shortNames[name] ?? name
    guard let mix = Self.all.first(where: { $0.name == name }) else { return nil }
    self = mix
  }

  package static let shortNames = ["q3_k": "q3_k_m", "q4_k": "q4_k_m", "q5_k": "q5_k_m"]

  /// Every mix of types that are made.
  package static let all: [GGUFMix] = [
    GGUFMix("q8_0", 7, .q8_0), GGUFMix("q6_k", 18, .q6_k),
    GGUFMix("q5_k_m", 17, .q5_k), GGUFMix("q5_k_s", 16, .q5_k),
    GGUFMix("q5_1", 9, .q5_1), GGUFMix("q5_0", 8, .q5_0),
    GGUFMix("q4_k_m", 15, .q4_k), GGUFMix("q4_k_s", 14, .q4_k),
    GGUFMix("q4_1", 3, .q4_1), GGUFMix("q4_0", 2, .q4_0),
    GGUFMix("iq4_nl", 25, .iq4_nl), GGUFMix("iq4_xs", 30, .iq4_xs),
    GGUFMix("mxfp4_moe", 38, .mxfp4),
    GGUFMix("q3_k_l", 13, .q3_k), GGUFMix("q3_k_m", 12, .q3_k), GGUFMix("q3_k_s", 11, .q3_k),
    GGUFMix("q2_k", 10, .q2_k), GGUFMix("q2_k_s", 21, .q2_k),
    GGUFMix("bf16", 32, .bf16), GGUFMix("f16", 1, .f16), GGUFMix("f32", 0, .f32),
  ]

  /// Whether `llama-quantize` makes this mix only with an importance matrix, because it loses too much
  /// without.
  package var wantsImportanceMatrix: Bool { name == "q2_k_s" }
}

extension GGUFType {
  static let f32 = GGUFType(id: 0, plain: .f32)
  static let f16 = GGUFType(id: 1, plain: .f16)
  static let bf16 = GGUFType(id: 30, plain: .bf16)
  static let q4_0 = GGUFType(Q4_0.self)
  static let q4_1 = GGUFType(Q4_1.self)
  static let q5_0 = GGUFType(Q5_0.self)
  static let q5_1 = GGUFType(Q5_1.self)
  static let q8_0 = GGUFType(Q8_0.self)
  static let q2_k = GGUFType(Q2_K.self)
  static let q3_k = GGUFType(Q3_K.self)
  static let q4_k = GGUFType(Q4_K.self)
  static let q5_k = GGUFType(Q5_K.self)
  static let q6_k = GGUFType(Q6_K.self)
  static let iq4_nl = GGUFType(IQ4_NL.self)
  static let iq4_xs = GGUFType(IQ4_XS.self)
  static let mxfp4 = GGUFType(MXFP4.self)

  /// This type, or the one of smaller blocks that llama-quantize takes for rows that are not whole
  /// blocks of it; F16 where no blocks fit.
  package func fitting(columns: Int) -> GGUFType {
    if columns % weightCount == 0 { return self }
    let smaller: GGUFType =
      switch self {
      case .iq4_xs: .iq4_nl
      case .q2_k, .q3_k: .q4_0
      case .q4_k: .q5_0
      case .q5_k: .q5_1
      case .q6_k: .q8_0
      default: self
      }
    return columns % smaller.weightCount == 0 ? smaller : .f16
  }
}
