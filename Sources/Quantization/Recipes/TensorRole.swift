// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

/// What a tensor does in a network, told from its name and shape alone, so that a checkpoint of an
/// unknown family can be quantized too.
package enum TensorRole: String, Sendable {
  case linear = "linear layer"
  case embedding = "embedding"
  case outputHead = "output head"
  case norm = "norm"
  case router = "router"
  case vector = "bias or not a matrix"
  case notFloating = "not F16, BF16 or F32"
  case empty = "no weights"

  /// Tells the role of a tensor.
  package init(of tensor: TensorDescription) {
    let modules = tensor.name.lowercased().split(separator: ".").map(String.init)
    // `model.layers.0.mlp.down_proj.weight` is the module `down_proj`; fused experts have no `.weight`.
    let module = (modules.last == "weight" ? modules.dropLast().last : modules.last) ?? ""
    let isStackOfExperts =
      tensor.shape.count == 3 && (modules.contains("experts") || modules.contains("switch_mlp"))
    // The biases of fused experts are matrices: `experts.down_proj_bias` has a row for each expert.
    let isBias = modules.last == "bias" || module.hasSuffix("_bias")
    if !tensor.elementType.isQuantizable {
      self = .notFloating
    } else if tensor.elementCount == 0 {
      self = .empty
    } else if module.contains("norm") || module.hasPrefix("ln_") || module == "ln" {
      self = .norm
    } else if tensor.shape.count != 2 && !isStackOfExperts || isBias {
      self = .vector
    } else if ["lm_head", "embed_out", "output_layer"].contains(module)
      || tensor.name == "output.weight"
    {
      self = .outputHead
    } else if module.contains("embed") || ["wte", "wpe"].contains(module) {
      self = .embedding
    } else if ["gate", "router", "shared_expert_gate"].contains(module)
      || modules.contains("router")
    {
      self = .router
    } else {
      self = .linear
    }
  }
}
