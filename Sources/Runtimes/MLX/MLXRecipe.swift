// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// The recipes of mlx-lm: more bits for what matters more.
///
/// The output head has the more bits, and so have the values' and the down projections in the first and the last
/// eighth of the layers and in every third between; everything else has the fewer.
enum MLXRecipe: String, CaseIterable {
  case mixed26 = "mixed_2_6"
  case mixed34 = "mixed_3_4"
  case mixed36 = "mixed_3_6"
  case mixed46 = "mixed_4_6"

  private var bits: (low: Int, high: Int) {
    switch self {
    case .mixed26: (2, 6)
    case .mixed34: (3, 4)
    case .mixed36: (3, 6)
    case .mixed46: (4, 6)
    }
  }

  /// What chooses for the path of a module.
  ///
  /// - Throws: ``RuntimeError`` where the model has no down projections or does not say how many layers
  ///   it has; as mlx-lm does.
  func chooser(
    options: SchemeOptions, of source: any ModelSource, _ model: MLXModelFamily
  ) throws(RuntimeError) -> (String) -> Recipe.Choice {
    let paths = source.tensors.lazy.compactMap { model.family.quantizedModule($0) }
    guard let down = paths.first(where: { $0.contains("down_proj") }) else {
      throw .family(
        format: MLX.name, family: model.family.modelTypes[0],
        problem: "\(rawValue) is for models with layers named down_proj, which this has not")
    }
    guard let count = model.layerCount, count > 0 else {
      throw .configuration(problem: "does not say how many layers the model has")
    }
    let place = down.split(separator: ".").firstIndex { $0.allSatisfy(\.isNumber) } ?? 0
    let (low, high) = bits
    return { path in
      let words = path.split(separator: ".")
      let layer = words.count > place ? Int(words[place]) ?? 0 : 0
      let isFirstOrLast = layer < count / 8 || layer >= 7 * count / 8
      let isThird = (layer - count / 8) % 3 == 2
      let matters =
        ["v_proj", "v_a_proj", "v_b_proj", "down_proj"].contains { path.contains($0) }
        && (isFirstOrLast || isThird)
      let bits = matters || path.contains("lm_head") ? high : low
      return .scheme(name: Affine.name(bits: bits), options: options)
    }
  }
}
