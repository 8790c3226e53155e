// SPDX-License-Identifier: Apache-2.0

/// The rules of the mixes on a walk over a model's tensors, with what they count.
struct GGUFMixWalk {
  let mix: GGUFMix
  let model: GGUFModelShape
  /// Whether the embeddings are the output head, too.
  let isTied: Bool
  /// How many tensors hold values.
  let valueCount: Int

  private var valuesSeen = 0
  private var downSeen = 0

  init(mix: GGUFMix, model: GGUFModelShape, isTied: Bool, valueCount: Int) {
    self.mix = mix
    self.model = model
    self.isTied = isTied
    self.valueCount = valueCount
  }

  /// The type of the next tensor that may be quantized.
  mutating func type(of tensor: GGUFMix.Tensor) -> GGUFType {
    let category = GGUFTensorCategory(name: tensor.name)
    if category == .output || (isTied && category == .embedding) {
      return outputType(columns: tensor.shape.last ?? 1)
    }
    if mix.base == .mxfp4 {
      // Experts in one tensor are stacked.
      let stack = tensor.shape.dropLast(2).last ?? 1
      return stack > 1 ? .mxfp4 : .q8_0
    }
    switch category {
    case .values:
      defer { valuesSeen += 1 }
      return valueType(valuesSeen)
    case .keys: return model.expertCount == 8 ? .q8_0 : mix.base
    case .feedForwardDown:
      defer { downSeen += 1 }
      // Experts come in no order, so that their layer is read from the name.
      let layer = model.expertCount > 1 ? GGUFMix.layer(of: tensor.name) : nil
      return downType(layer ?? downSeen)
    case .attentionOutput: return attentionOutputType
    case .output, .embedding, .other: return mix.base
    }
  }

  private func outputType(columns: Int) -> GGUFType {
    if mix.base == .mxfp4 || mix.base == .q8_0 { return .q8_0 }
    return model.isFalcon || columns % mix.base.weightCount != 0 ? .q8_0 : .q6_k
  }

  private func valueType(_ index: Int) -> GGUFType {
    if model.expertCount == 8 { return .q8_0 }
    let isShared = model.headsPerKeyValue >= 4
    let type: GGUFType =
      switch mix.name {
      case "q2_k": isShared ? .q4_k : .q3_k
      case "q2_k_s": isShared ? .q4_k : mix.base
      case "q3_k_m": index < 2 ? .q5_k : .q4_k
      case "q3_k_l": .q5_k
      case "iq4_nl", "iq4_xs": isShared ? .q5_k : mix.base
      case "q4_k_m", "q5_k_m": usesMoreBits(index, of: valueCount) ? .q6_k : mix.base
      case "q4_k_s": index < 4 ? .q5_k : mix.base
      default: mix.base
      }
    return model.isSeventyBillion && (type == .q3_k || type == .q4_k) ? .q5_k : type
  }

  private func downType(_ layer: Int) -> GGUFType {
    let count = model.layerCount
    let isEarly = layer < count / 8
    switch mix.name {
    case "q2_k": return .q3_k
    case "q2_k_s": return isEarly ? .q4_k : mix.base
    case "q3_k_m":
      if layer < count / 16 { return .q5_k }
      return !model.isFalcon || usesMoreBits(layer, of: count) ? .q4_k : .q3_k
    case "q3_k_l": return model.isFalcon ? .q4_k : .q5_k
    case "q4_k_m":
      if model.isFalcon && layer >= count / 16 {
        return usesMoreBits(layer, of: count) ? .q5_k : .q4_k
      }
      return model.isFalcon || usesMoreBits(layer, of: count) ? .q6_k : .q4_k
    case "q4_k_s": return !model.isFalcon && isEarly ? .q5_k : mix.base
    case "q5_k_m": return usesMoreBits(layer, of: count) ? .q6_k : mix.base
    case "iq4_nl", "iq4_xs": return isEarly ? .q5_k : mix.base
    default: return mix.base
    }
  }

  private var attentionOutputType: GGUFType {
    if model.isFalcon { return mix.name == "q3_k_l" ? .q4_k : mix.base }
    if model.expertCount == 8 {
      let raised = ["q2_k", "q3_k_s", "q3_k_m", "iq4_nl", "iq4_xs", "q4_k_s", "q4_k_m"]
      return raised.contains(mix.name) ? .q5_k : mix.base
    }
    return switch mix.name {
    case "q2_k": .q3_k
    case "q3_k_m": .q4_k
    case "q3_k_l": .q5_k
    default: mix.base
    }
  }

  /// The first and the last eighth, and every third of what is between.
  private func usesMoreBits(_ index: Int, of count: Int) -> Bool {
    index < count / 8 || index >= 7 * count / 8 || (index - count / 8) % 3 == 2
  }
}
