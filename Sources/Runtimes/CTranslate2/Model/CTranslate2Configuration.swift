// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

/// `config.json`, made from what a file says.
struct CTranslate2Configuration {
  let document: JSONDocument

  /// - Parameters:
  ///   - configuration: the runtime's own `config.json`, which names special tokens.
  ///   - companions: the files beside the model, of which one has the ids of these.
  init(
    _ translation: CTranslate2Translation, _ variables: CTranslate2Variables,
    _ configuration: JSONMembers?, _ companions: [Asset]
  ) {
    var members = translation.members
    let rows = variables.file["\(CTranslate2.scope)embeddings/weight"]?.rowCount ?? 0
    members.append(.init("vocab_size", .integer(rows)))
    members.append(.init("tie_word_embeddings", .flag(translation.isTied)))
    let type = variables.tensors.first { $0.elementType.isQuantizable }?.elementType ?? .f32
    let names: [ElementType: String] = [.f16: "float16", .bf16: "bfloat16"]
    members.append(.init("torch_dtype", .text(names[type] ?? "float32")))
    let vocabulary =
      companions.first { $0.name == CTranslate2.vocabularyName }
      .flatMap { try? JSONDecoder().decode([String].self, from: $0.contents) } ?? []
    for (name, key) in [("bos_token", "bos_token_id"), ("eos_token", "eos_token_id")] {
      guard let token = configuration?[name].flatMap(JSONMembers.string),
        let id = vocabulary.firstIndex(of: token)
      else { continue }
      members.append(.init(key, .integer(id)))
    }
    document = .object(members)
  }
}
