// SPDX-License-Identifier: Apache-2.0

import Tensors

/// A model whose `config.json` and tensors were found to belong together, before any weight is read.
package struct RunnableModel: Sendable {
  let source: any ModelSource
  let architecture: Architecture

  /// Checks the model against its `config.json`.
  ///
  /// - Parameter compute: the arithmetic that it is to be run with.
  /// - Throws: ``InferenceError`` where the model can't be run.
  package init(_ source: any ModelSource, compute: Compute = .f32) throws {
    self.source = source
    var architecture = try Architecture(of: source)
    architecture.compute = compute
    self.architecture = architecture
    try architecture.validate(against: source)
  }

  /// The arithmetic that the model is run with.
  package var compute: Compute { architecture.compute }

  /// The number of logits per position.
  package var vocabularySize: Int { architecture.vocabularySize }
  /// The longest window that the model's positions cover.
  package var contextLength: Int { architecture.contextLength }

  /// Checks, before any weight is read, that a text can be gone on with.
  ///
  /// - Throws: ``InferenceError/emptyPrompt``, ``InferenceError/promptTooLong(length:limit:)``
  package func check(prompt: [Int32]) throws(InferenceError) {
    guard !prompt.isEmpty else { throw .emptyPrompt }
    guard prompt.count <= contextLength else {
      throw .promptTooLong(length: prompt.count, limit: contextLength)
    }
  }
}
