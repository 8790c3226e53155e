// SPDX-License-Identifier: Apache-2.0

import Tensors

/// A model architecture: how its `config.json` and its tensor names become an ``Architecture``.
struct Family: Sendable {
  /// The values of `model_type` that name it.
  let modelTypes: [String]

  /// Reads every option that the family has.
  ///
  /// Throws ``InferenceError`` where a value is missing, out of range or not implemented.
  let architecture: @Sendable (Configuration, StoredNames) throws -> Architecture

  /// Every family, in alphabetical order.
  ///
  /// A new one is a file beside this one and a line here.
  static let all: [Family] = [
    .bloom,
    .deepSeekV3,
    .falcon,
    .gemma,
    .gemma2,
    .gemma3,
    .gpt2,
    .gptNeoX,
    .gptOSS,
    .llama,
    .mistral,
    .mixtral,
    .mpt,
    .olmo2,
    .opt,
    .phi,
    .phi3,
    .qwen2,
    .qwen3,
    .qwen3Sparse,
    .stableLM,
    .starCoder2,
  ]
}

extension Architecture {
  /// The architecture that a model's `config.json` describes.
  ///
  /// - Throws: ``InferenceError`` where the family is unknown, or as it says.
  init(of source: any ModelSource) throws {
    let configuration = try Configuration(of: source)
    let name: String = try configuration.required("model_type")
    guard let family = Family.all.first(where: { $0.modelTypes.contains(name) }) else {
      throw InferenceError.unknownFamily(name: name, known: Family.all.flatMap(\.modelTypes))
    }
    self = try family.architecture(configuration, StoredNames(of: source))
    try configuration.requireNothingElse(besides: Configuration.inertKeys)
  }
}
