// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

/// The tokens that CTranslate2's `config.json` names; it loads only strings there, if empty ones.
struct CTranslate2SpecialTokens {
  var beginning = ""
  var end = ""
  var unknown = ""

  /// Reads them from the tokenizer's files, or by the ids in `config.json`.
  ///
  /// Where a model begins texts with no token, its padding or its end stands for it, as in the runtime's
  /// own converter.
  init(
    of source: any ModelSource, _ checkpoint: CTranslate2Checkpoint,
    _ vocabulary: CTranslate2Vocabulary
  ) throws {
    let files = ["tokenizer_config.json", "special_tokens_map.json"].compactMap {
      source.asset($0).flatMap { try? JSONMembers($0) }
    }
    func token(_ name: String) throws -> String? {
      for file in files {
        guard let text = file[name] else { continue }
        if let token = JSONMembers.string(text) { return token }
        if let token = try? JSONMembers(Data(text.utf8))["content"] {
          return JSONMembers.string(token)
        }
      }
      guard let id = try checkpoint.keys.identifier("\(name)_id"),
        vocabulary.tokens.indices.contains(id)
      else { return nil }
      return vocabulary.tokens[id]
    }
    let end = try token("eos_token")
    self.end = try end ?? token("pad_token") ?? ""
    beginning = try token("bos_token") ?? token("pad_token") ?? end ?? ""
    unknown = try token("unk_token") ?? ""
    let turn = "<end_of_turn>"
    let hasTemplate =
      source.asset("chat_template.jinja") != nil
      || files.contains { $0["chat_template"] ?? "null" != "null" }
    // A chat ends turns with a token that is not the end of a text.
    if checkpoint.family.modelTypes.contains("gemma3"), hasTemplate, vocabulary.has(turn) {
      self.end = turn
    }
  }
}
