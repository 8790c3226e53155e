// SPDX-License-Identifier: Apache-2.0

/// A model family as CTranslate2 runs it: what a checkpoint and its `config.json` are there.
///
/// To add one, write a file beside this one and name it in ``all``.
struct CTranslate2Family: Sendable {
  /// The values of `model_type` that name it; the first is what a model that is read gets.
  let modelTypes: [String]
  /// What the names of a checkpoint's tensors begin with; the first under which the embeddings are
  /// stored counts.
  let bases: [String]
  /// The module of the embeddings, behind the base.
  let embedding: String
  /// The modules of the head, of which a checkpoint has one, or none where it is the embeddings'.
  let heads: [String]
  /// Whether the head is the embeddings' where `config.json` does not say.
  let isTied: Bool
  /// All other modules, behind the base.
  let modules: @Sendable (CTranslate2Decoder) -> [CTranslate2Module]
  /// Tensors of a checkpoint that are stored and not used.
  let unusedSuffixes: [String]
  /// What the names of a model's other parts begin with.
  let unusedPrefixes: [String]
  /// What the runtime must be told.
  ///
  /// - Throws: ``RuntimeError`` where the configuration asks for what the runtime can't do.
  let decoder: @Sendable (CheckpointKeys) throws -> CTranslate2Decoder
  /// What `config.json` says of a model that was read, or nil where it is none of this family.
  let configuration: @Sendable (CTranslate2Contents) -> [JSONDocument.Member]?
  /// What the output computes otherwise than the checkpoint, a sentence each.
  let notes: @Sendable (CheckpointKeys) throws -> [String]

  init(
    _ modelTypes: String..., bases: [String] = ["model."], embedding: String = "embed_tokens",
    heads: [String] = ["lm_head"], isTied: Bool = false,
    unusedSuffixes: [String] = [".rotary_emb.inv_freq"], unusedPrefixes: [String] = [],
    modules: @escaping @Sendable (CTranslate2Decoder) -> [CTranslate2Module],
    decoder: @escaping @Sendable (CheckpointKeys) throws -> CTranslate2Decoder,
    notes: @escaping @Sendable (CheckpointKeys) throws -> [String] = { _ in [] },
    configuration: @escaping @Sendable (CTranslate2Contents) -> [JSONDocument.Member]?
  ) {
    self.modelTypes = modelTypes
    self.bases = bases
    self.embedding = embedding
    self.heads = heads
    self.isTied = isTied
    self.unusedSuffixes = unusedSuffixes
    self.unusedPrefixes = unusedPrefixes
    self.modules = modules
    self.decoder = decoder
    self.notes = notes
    self.configuration = configuration
  }

  /// Every family.
  ///
  /// A model that is read is of the first that takes it for its own, so those that ask for more come
  /// before those that ask for less.
  static let all: [CTranslate2Family] = [
    .gemma3, .gemma2, .gemma, .qwen3, .qwen2, .mistral, .llama, .phi3, .stableLM, .bloom, .mpt,
    .falcon, .phi, .gptNeoX, .starCoder2, .opt, .gpt2,
  ]

  /// Every module of a model, with its full name.
  ///
  /// - Parameters:
  ///   - base: what the checkpoint's names begin with.
  ///   - head: the head's module; nil where it is the embeddings'.
  func modules(
    of decoder: CTranslate2Decoder, base: String, head: String?
  ) -> [CTranslate2Module] {
    var result = [CTranslate2Module(base + embedding, "embeddings")]
    if let head { result.append(CTranslate2Module(head, "projection")) }
    for module in modules(decoder) {
      var named = module
      named.name = base + module.name
      result +=
        named.isInLayers ? (0..<decoder.layerCount).map { named.of(layer: $0) } : [named]
    }
    return result
  }
}
