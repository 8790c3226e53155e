// SPDX-License-Identifier: Apache-2.0

/// How a GGUF file and a Hugging Face checkpoint say the same of one architecture, as data that holds
/// in both directions: what tensors are called and how they differ, and what `config.json` says
/// under which metadata key.
///
/// Facts are those of llama.cpp's converter and loaders (ngxson/llama.cpp 3f545becc); what an absent name
/// of `config.json` means is what the family's class in Transformers 5.23 makes of it.
struct GGUFFamily: Sendable {
  /// The value of `general.architecture`, with which metadata keys begin.
  let architecture: String
  /// The value of `model_type` in `config.json`.
  let modelType: String
  /// Other values of it that mean the same.
  var otherModelTypes: [String] = []
  /// A tensor by which the family is told from another one of the same architecture or type.
  var marker: String?
  /// What tensors are called, without `.weight` and `.bias`.
  let modules: [GGUFModule]
  /// What `config.json` says, in its order there.
  let settings: [GGUFSetting]
  /// Which modules have biases.
  var biases = GGUFBiases(optional: GGUFBiases.attention)
  /// Other names that checkpoints have for what a setting names.
  var aliases: [String: [String]] = [:]
  /// What other checkpoints of the family put before their tensors' names, in place of what the modules'
  /// names begin with.
  var prefixes: [GGUFPrefix] = []
  /// Endings of tensors that a checkpoint may have and nobody needs.
  var unusedSuffixes: [String] = [".rotary_emb.inv_freq"]
  /// What the names of tensors that are of no use to text begin with.
  var unusedPrefixes: [String] = []
  /// Whether there may be layers behind the last, which only guess tokens ahead, and go.
  var hasLaterLayers = false
  /// Whether a checkpoint has gates and their factors in one tensor, in turns; see ``InterleavedExperts``.
  var interleavesExperts = false
  /// Whether the class stretches positions where `config.json` does not say that they aren't, and does
  /// so without rounding to whole pairs.
  var stretchesUnasked = false
  /// Whether llama.cpp wants a head of its own, also where it is the embedding.
  var requiresHead = false
  /// Whether llama.cpp divides frequencies by the numbers of a tensor, LLaMA 3's way.
  var hasFrequencyFactors = false
  /// Whether llama.cpp divides them by those of two tensors, for short and for long contexts.
  var scalesByFactors = false

  /// Every family, in alphabetical order.
  ///
  /// A new one is a file beside this one and a line here.
  static let all: [GGUFFamily] = [
    .bloom,
    .deepSeekV3,
    .falcon,
    .falconNew,
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
    .phi2,
    .phi3,
    .qwen2,
    .qwen3,
    .qwen3Sparse,
    .stableLM,
    .starCoder2,
  ]

  /// The architectures of files that are read as checkpoints, sorted.
  static var readArchitectures: [String] {
    Set(all.map(\.architecture)).sorted()
  }

  /// The family of a file, or nil where there is none for its architecture.
  static func of(_ architecture: String, has tensor: (String) -> Bool) -> GGUFFamily? {
    let families = all.filter { $0.architecture == architecture }
    return families.first { $0.marker.map(tensor) ?? false }
      ?? families.first { $0.marker == nil }
  }

  /// The family of a checkpoint.
  ///
  /// - Throws: ``GGUFWritingError/family(_:known:)``.
  static func of(
    _ configuration: GGUFCheckpointConfiguration, has tensor: (String) -> Bool
  ) throws -> GGUFFamily {
    // The outer object's type: that of a file for text and images is not the text's.
    let type = try configuration.text("model_type") ?? ""
    let families = all.filter { $0.modelType == type || $0.otherModelTypes.contains(type) }
    let marked = families.first { family in
      guard let marker = family.marker.map(GGUFTensorName.init) else { return false }
      let module = family.modules.first { $0.stored == marker.pattern }
      return module.map { tensor(marker.fill($0.name)) } ?? false
    }
    guard let family = marked ?? families.first(where: { $0.marker == nil }) ?? families.first
    else {
      throw GGUFWritingError.family(type, known: Set(all.map(\.modelType)).sorted())
    }
    return family
  }
}

/// A beginning of tensor names, and what some checkpoints have in its place.
struct GGUFPrefix: Sendable {
  let usual: String
  let other: String
}
