// SPDX-License-Identifier: Apache-2.0

import Tensors

/// Which of a source's tensors belong to the network, so that leaving one out changes the logits.
///
/// A checkpoint may carry more than the decoder (a vision tower, a reward head); those are no
/// business of ours. What lies under one of `prefixes`, or in the module of a tensor that is used
/// (`lm_head.bias` beside `lm_head.weight`), must be used, unless its name ends in one of
/// `unusedSuffixes` or begins with one of `unusedPrefixes`.
struct TensorOwnership: Sendable {
  /// Beginnings of names, such as `model.` is.
  var prefixes: [String]
  /// Ends of names that the family knows to be without effect, such as `.rotary_emb.inv_freq` is.
  var unusedSuffixes: [String]
  /// Beginnings of names that belong to what isn't run, such as layers that only guess ahead.
  var unusedPrefixes: [String] = []

  /// Whether leaving out a tensor of that name changes the logits.
  fileprivate func needs(_ name: String, besides modules: Set<Substring>) -> Bool {
    guard !unusedSuffixes.contains(where: name.hasSuffix) else { return false }
    guard !unusedPrefixes.contains(where: name.hasPrefix) else { return false }
    return modules.contains(module(of: name)) || prefixes.contains(where: name.hasPrefix)
  }
}

/// A tensor's name without its last component.
private func module(of name: String) -> Substring {
  name[..<(name.lastIndex(of: ".") ?? name.startIndex)]
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
        throw InferenceError.missingTensor(name: tensor.name, shape: tensor.storedShape)
      }
      guard found.shape == tensor.storedShape else {
        throw InferenceError.unexpectedShape(
          tensor: tensor.name, expected: tensor.storedShape, found: found.shape)
      }
      used.insert(tensor.name)
      modules.insert(module(of: tensor.name))
    }
    for name in source.tensors.lazy.map(\.name) where !used.contains(name) {
      guard !ownership.needs(name, besides: modules) else {
        throw InferenceError.unusedTensor(name: name)
      }
    }
  }
}
