// SPDX-License-Identifier: Apache-2.0

import Tensors

/// A checkpoint as it is written: its family, and what `config.json` says in llama.cpp's words.
struct GGUFCheckpoint {
  let family: GGUFFamily
  let configuration: GGUFCheckpointConfiguration
  let architecture: GGUFArchitectureFields
  private let source: any ModelSource

  /// - Parameter source: as it was read, or arranged.
  /// - Throws: ``GGUFWritingError``, ``RuntimeError``.
  init(_ source: any ModelSource) throws {
    self.source = source
    var configuration = try GGUFCheckpointConfiguration(of: source)
    family = try GGUFFamily.of(configuration) { source.description(of: $0) != nil }
    configuration.aliases = family.aliases
    self.configuration = configuration
    architecture = try GGUFArchitectureFields(family, configuration)
  }

  /// A count among the metadata of the architecture, or nil where it is not there.
  func count(_ key: String) -> Int? {
    let key = "\(family.architecture).\(key)"
    guard case .u32(let count)? = architecture.fields.first(where: { $0.key == key })?.value
    else { return nil }
    return Int(count)
  }

  /// The tokenizer, with a token for each row of the embedding.
  ///
  /// - Throws: ``GGUFWritingError``, or the tokenizer's own error.
  func tokenizer() throws -> GGUFTokenizerFields {
    let embedding = family.modules.first { $0.stored == "token_embd" }?.name ?? ""
    let rows = source.description(of: embedding + ".weight")?.shape.first
    guard rows == architecture.vocabularySize else {
      throw GGUFWritingError.wrongValue(
        key: "vocab_size", expected: "the number of the embedding's rows, \(rows ?? 0)",
        found: "\(architecture.vocabularySize)")
    }
    return try GGUFTokenizerFields(
      of: source, configuration: configuration, rowCount: architecture.vocabularySize)
  }
}
