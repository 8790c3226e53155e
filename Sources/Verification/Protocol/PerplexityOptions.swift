// SPDX-License-Identifier: Apache-2.0

import Foundation
import Inference

/// How a text is measured.
package struct PerplexityOptions: Sendable, Equatable {
  /// The rule that says which positions are scored.
  package var scoring: PerplexityProtocol
  /// Tokens per window.
  package var context: Int
  /// Keeps only the first windows; nil keeps all.
  package var maxWindows: Int?
  /// The id of the beginning-of-text token where the model wants one; only ``PerplexityProtocol/llamaCpp``
  /// uses it.
  package var beginningOfText: Int32?
  /// The arithmetic that the model runs with; in a verification, the candidate.
  package var compute: Compute
  /// The arithmetic of the original in a verification.
  package var originalCompute: Compute
  /// How many rows of logits are worked on at once; results do not depend on it.
  package var threads: Int

  package init(
    scoring: PerplexityProtocol = .windows, context: Int = 512, maxWindows: Int? = nil,
    beginningOfText: Int32? = nil, compute: Compute = .f32, originalCompute: Compute = .f32,
    threads: Int = ProcessInfo.processInfo.activeProcessorCount
  ) {
    self.scoring = scoring
    self.context = context
    self.maxWindows = maxWindows
    self.beginningOfText = beginningOfText
    self.compute = compute
    self.originalCompute = originalCompute
    self.threads = threads
  }

  /// The windows of a text that models of this context length are measured on.
  ///
  /// - Throws: ``VerificationError`` where nothing would be scored or a window would not fit.
  package func windows(of tokens: [Int32], modelContext: Int) throws(VerificationError) -> [Window]
  {
    try scoring.cut(
      tokens, context: context, modelContext: modelContext, maxWindows: maxWindows,
      beginningOfText: beginningOfText)
  }
}

/// Told how many of how many windows are done, once at the beginning and whenever it has changed.
///
/// Windows that are evaluated together count by the layers that they have gone through.
/// Throwing from it stops the work; the error comes out of the function that called it.
package typealias WindowProgress = (_ done: Int, _ total: Int) throws -> Void
