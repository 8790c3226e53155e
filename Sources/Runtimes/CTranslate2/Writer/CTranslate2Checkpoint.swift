// SPDX-License-Identifier: Apache-2.0

import Tensors

/// A checkpoint as CTranslate2 will have it: its family, its settings, and which variable each tensor is.
struct CTranslate2Checkpoint: Sendable {
  /// What a tensor of the checkpoint is.
  struct Part: Sendable {
    var module: CTranslate2Module
    /// What stands behind the module in the variable's name.
    var suffix: String

    /// Whether the runtime multiplies by it, and may hold it in 8 bits.
    var isWeight: Bool { suffix == "/weight" }
  }

  let family: CTranslate2Family
  let keys: CheckpointKeys
  let decoder: CTranslate2Decoder
  let modules: [CTranslate2Module]
  /// Whether the head is the embeddings'.
  let isTied: Bool
  private let parts: [String: Part]
  private let unusedNames: Set<String>

  /// Finds the family and reads the settings.
  ///
  /// - Throws: ``RuntimeError`` where the runtime does not have the family, or an option of it.
  init(of source: any ModelSource) throws {
    keys = try CheckpointKeys(of: source)
    let type = try keys.text("model_type") ?? ""
    guard let family = CTranslate2Family.all.first(where: { $0.modelTypes.contains(type) }) else {
      throw RuntimeError.family(
        format: CTranslate2.name, family: type,
        problem: "CTranslate2 has no such decoder (it runs \(Self.known))")
    }
    self.family = family
    decoder = try family.decoder(keys)
    func has(_ module: String) -> Bool { source.description(of: module + ".weight") != nil }
    let base = family.bases.first { has($0 + family.embedding) } ?? family.bases[0]
    let head = family.heads.first(where: has)
    let tied = try keys.flag("tie_word_embeddings", default: family.isTied)
    isTied = tied
    modules = family.modules(
      of: decoder, base: base, head: tied ? nil : head ?? family.heads[0])
    var parts: [String: Part] = [:]
    for module in modules {
      for (tensor, variable) in module.parts {
        parts[module.name + tensor] = Part(module: module, suffix: variable)
      }
    }
    self.parts = parts
    unusedNames = tied ? Set(family.heads.map { $0 + ".weight" }) : []
  }

  private static let known =
    CTranslate2Family.all.flatMap(\.modelTypes).sorted().joined(separator: ", ")

  /// What a tensor is; nil where it is none of the decoder's.
  subscript(tensor: String) -> Part? { parts[tensor] }

  /// Whether a tensor is stored in checkpoints without being used, or belongs to another part of the
  /// model than the decoder.
  func isUnused(_ tensor: String) -> Bool {
    unusedNames.contains(tensor) || family.unusedSuffixes.contains { tensor.hasSuffix($0) }
      || family.unusedPrefixes.contains { tensor.hasPrefix($0) }
  }
}
