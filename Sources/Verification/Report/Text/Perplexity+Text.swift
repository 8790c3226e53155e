// SPDX-License-Identifier: Apache-2.0

import Inference

extension Perplexity {
  /// The result for a terminal, ended by a line feed.
  package var text: String {
    var table = TextTable([("figure", .left), ("value", .left)])
    table.add("perplexity", Figures.withError(perplexity, standardError, least: 2))
    table.add("mean NLL, nats", Figures.withError(meanNLL, nllStandardError, least: 4))
    table.add(
      "scored", "\(counted(tokens, "token")) in \(counted(windows, "window")) of \(context)")
    table.add("protocol", scoring.rawValue)
    table.add("compute", compute.rawValue)
    table.add(
      "speed", "\(Figures.fixed(Double(windows * context) / max(seconds, 1e-9), 0)) tokens/s")
    return table.text + "± is one standard error, windows being the clusters.\n"
  }
}
