// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Tensors
import Tokenization

/// Whether a prompt is a text, or what a user says in a conversation.
struct ChatArguments: ParsableArguments {
  @Flag(help: "Put the prompt into the model's chat template, as what a user says.")
  var chat = false

  @Option(help: ArgumentHelp("What the system says first, with --chat.", valueName: "text"))
  var system: String?

  func validate() throws {
    guard system == nil || chat else { throw ValidationError("--system needs --chat.") }
  }

  /// The ids of a prompt, with what the model wants before it.
  ///
  /// - Throws: `TokenizationError`, `TemplateError`
  func tokens(
    of prompt: String, for source: some ModelSource, with tokenizer: Tokenizer
  ) throws -> [Int32] {
    guard chat else {
      return try tokenizer.frame.before + tokenizer.encode(prompt, addingSpecialTokens: false)
    }
    var messages = [ChatTemplate.Message(role: "user", content: prompt)]
    if let system { messages.insert(.init(role: "system", content: system), at: 0) }
    // The template writes all special tokens itself.
    return try tokenizer.encode(
      ChatTemplate(of: source).render(messages), addingSpecialTokens: false)
  }
}
