// SPDX-License-Identifier: Apache-2.0

/// What one window says about a single model.
package struct WindowScore: MeasuredWindow, Equatable {
  package static let layout = "halftone perplexity windows, 1"

  /// The window's place in the text.
  package var index: Int
  /// How many positions were scored.
  package var count: Int
  /// Sum over positions of the negative log-likelihood, in nats.
  package var nll: Double

  package func problem(in run: MeasuredRun) -> String? {
    let positions = run.positionsPerWindow
    if !positions.contains(count) { return "count" }
    return nll.isMeasurable ? nil : "nll"
  }
}
