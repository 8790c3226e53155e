// SPDX-License-Identifier: Apache-2.0

import Tensors

/// Which of a source's tensors belong to the network, so that leaving one out changes the logits.
///
/// A checkpoint may carry more than the decoder (a vision tower, a reward head); those are no
/// business of ours. What lies under one of `prefixes`, or in the module of a tensor that is used
/// (`lm_head.bias` beside `lm_head.weight`), must be used, unless its name ends in one of
/// `unusedSuffixes`.
struct TensorOwnership: Sendable {
  /// Beginnings of names, such as `model.` is.
  var prefixes: [String]
  /// Ends of names that the family knows to be without effect, such as `.rotary_emb.inv_freq` is.
  var unusedSuffixes: [String]
}

extension Architecture {
  /// Checks that the source has exactly the tensors that the decoder computes with.
  ///
  /// - Throws: ``InferenceError/missingTensor(name:shape:)``,
  ///   ``InferenceError/unexpectedShape(tensor:expected:found:)``,
  ///   ``InferenceError/unusedTensor(name:)``.
  func validate(against source: any ModelSource) throws {
    var used: Set<String> = []
    var modules: Set<Substring> = []
    for tensor in tensors {
      guard let found = source.description(of: tensor.name) else {
        throw InferenceError.missingTensor(name: tensor.name, shape: tensor.shape)
      }
      guard found.shape == tensor.shape else {
        throw InferenceError.unexpectedShape(
          tensor: tensor.name, expected: tensor.shape, found: found.shape)
      }
      used.insert(tensor.name)
      modules.insert(module(of: tensor.name))
    }
    for name in source.tensors.lazy.map(\.name) where !used.contains(name) {
      let owned =
        modules.contains(module(of: name)) || ownership.prefixes.contains { name.hasPrefix($0) }
      if owned, !ownership.unusedSuffixes.contains(where: { name.hasSuffix($0) }) {
        throw InferenceError.unusedTensor(name: name)
      }
    }
  }

  /// A tensor's name without its last component.
  private func module(of name: String) -> Substring {
    name[..<(name.lastIndex(of: ".") ?? name.startIndex)]
  }
}
