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
  func tokens(of prompt: String, for source: any ModelSource, with tokenizer: Tokenizer) throws
    -> [Int32]
  {
    try tokenizer.frame.before + tokenizer.encode(prompt, addingSpecialTokens: false)
  }
}
