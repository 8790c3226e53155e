// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors
import Tokenization

/// The files beside `model.bin`: `config.json` and `vocabulary.json`, and those that travel with the model.
struct CTranslate2Companions {
  let files: [Asset]

  /// Makes the files.
  ///
  /// - Throws: ``RuntimeError/vocabulary(format:problem:)`` where the tokens are not to be had, or
  ///   `TokenizationError`.
  init(
    of source: any ModelSource, _ checkpoint: CTranslate2Checkpoint, layout: CTranslate2Layout
  ) throws {
    let rows = layout.variables.first { $0.name == "\(CTranslate2.scope)embeddings/weight" }
    let vocabulary = try CTranslate2Vocabulary(of: source, size: rows?.shape.first ?? 0)
    let special = try CTranslate2SpecialTokens(of: source, checkpoint, vocabulary)
    let configuration: JSONDocument = [
      "bos_token": .text(special.beginning), "eos_token": .text(special.end),
      "layer_norm_epsilon": .number(checkpoint.decoder.epsilon),
      "multi_query_attention": .flag(
        checkpoint.decoder.keyValueHeadCount != checkpoint.decoder.headCount),
      "unk_token": .text(special.unknown),
    ]
    let own = [
      Asset(name: CTranslate2.configurationName, contents: configuration.data),
      Asset(
        name: CTranslate2.vocabularyName,
        contents: JSONDocument.list(vocabulary.tokens.map(JSONDocument.text)).data),
    ]
    let taken = Set(own.map(\.name) + [CTranslate2.binaryName])
    files = (own + source.assets.filter { !taken.contains($0.name) }).sorted { $0.name < $1.name }
  }
}
