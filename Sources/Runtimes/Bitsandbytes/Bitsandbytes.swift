// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// The words of bitsandbytes' files, as version 0.50.2 and Transformers 4.57 and 5 write and read them.
package enum Bitsandbytes {
  /// The name after `--to`, and what `inspect` calls the format.
  package static let name = "bitsandbytes"

  /// The four-bit types.
  enum QuantType: String, CaseIterable {
    case nf4, fp4

    var codebook: [Float] { self == .nf4 ? Codebook.nf4 : Codebook.fp4 }
    /// What comes behind a weight's name in the name of its description.
    var stateSuffix: String { ".quant_state.bitsandbytes__\(rawValue)" }
  }

  /// Scales that share a second-level scale; the kernels know no other number.
  static let nestedBlockSize = 256
  /// One 127th in fp32, the last factor of an 8-bit weight.
  static let step = Float(1) / 127

  /// Families whose layers have a row for each input (Conv1D), and are transposed when they are
  /// quantized.
  static let transposingFamilies: Set = ["gpt2", "openai-gpt", "imagegpt", "decision_transformer"]

  /// The name that Transformers has for an element type; nil where bitsandbytes quantizes no such weights.
  static func dtype(of type: ElementType) -> String? {
    switch type {
    case .f16: "float16"
    case .bf16: "bfloat16"
    case .f32: "float32"
    default: nil
    }
  }

  /// The element type of a name.
  static func elementType(of dtype: String) -> ElementType? {
    [ElementType.f16, .bf16, .f32].first { self.dtype(of: $0) == dtype }
  }
}
