// SPDX-License-Identifier: Apache-2.0

/// What a model's activations are rounded to, and how its products are taken, by the name that
/// commands and files use.
///
/// A figure that was measured with one of these stands for what a runtime computes that serves the
/// model so. All sums of products are fp32, as they are there.
package enum Compute: String, Sendable, Codable, CaseIterable {
  /// Activations stay fp32, and weights what they are stored as.
  case f32
  /// Weights, and activations after every operation, are rounded to bf16, as Transformers does it
  /// with that type and eager attention.
  case bf16
  /// The same for fp16.
  case f16
  /// As ``f16``, but for products with weights that are signed bytes with one scale per row: there the
  /// activations too become bytes, all but the columns that hold outliers. ("LLM.int8(): 8-bit Matrix
  /// Multiplication for Transformers at Scale", 2022.)
  case llmInt8 = "llm-int8"
}

extension Compute {
  /// What results of operations are rounded to.
  var rounding: Rounding {
    switch self {
    case .f32: .none
    case .bf16: .bf16
    case .f16, .llmInt8: .f16
    }
  }

  /// How batches are cut.
  ///
  /// Which columns hold outliers depends on all rows of a sequence that are computed at once.
  var tiling: Batch.Tiling { self == .llmInt8 ? .segments : .rows }
}
