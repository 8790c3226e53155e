// SPDX-License-Identifier: Apache-2.0

/// How a GGUF file and a Hugging Face checkpoint say the same of one architecture, as data that holds
/// in both directions: what tensors are called and how they differ, and what `config.json` says
/// under which metadata key.
///
/// Facts are those of llama.cpp's converter and loaders (ngxson/llama.cpp 3f545becc).
struct GGUFFamily: Sendable {
  /// The value of `general.architecture`, with which metadata keys begin.
  let architecture: String
  /// The value of `model_type` in `config.json`.
  let modelType: String
  /// A tensor by which the family is told from another one of the same architecture.
  var marker: String?
  /// What tensors are called, without `.weight` and `.bias`.
  let modules: [GGUFModule]
  /// What `config.json` says, in its order there.
  let settings: [GGUFSetting]

  /// Every family, in alphabetical order.
  ///
  /// A new one is a file beside this one and a line here.
  static let all: [GGUFFamily] = [
    .falcon,
    .falconNew,
    .gemma,
    .gemma2,
    .gemma3,
    .gpt2,
    .gptNeoX,
    .llama,
    .mixtral,
    .olmo2,
    .phi2,
    .phi3,
    .qwen2,
    .qwen3,
    .qwen3Sparse,
    .stableLM,
    .starCoder2,
  ]

  /// The family of a file, or nil where there is none for its architecture.
  static func of(_ architecture: String, has tensor: (String) -> Bool) -> GGUFFamily? {
    let families = all.filter { $0.architecture == architecture }
    return families.first { $0.marker.map(tensor) ?? false }
      ?? families.first { $0.marker == nil }
  }
}
