// SPDX-License-Identifier: Apache-2.0

import Quantization

extension TensorReport {
  /// Name and columns together stay within 100 characters.
  private static let nameLength = 39
  private static let schemeLength = 10

  /// The result for a terminal, ended by a line feed.
  package var text: String {
    var table = TextTable([
      ("tensor", .left), ("scheme", .left), ("bits", .right), ("SQNR, dB", .right),
      ("max error", .right), ("1 − cosine", .right),
    ])
    for tensor in tensors {
      let cells = Self.cells(tensor.statistics)
      table.add(
        TextTable.shorten(tensor.name, to: Self.nameLength),
        TextTable.shorten(tensor.scheme, to: Self.schemeLength),
        Figures.fixed(tensor.bitsPerWeight, 2), cells[0], cells[1], cells[2])
    }
    for (label, total) in [("all changed tensors", changed), ("all tensors", total)]
    where total.tensorCount > 0 {
      let cells = Self.cells(total.statistics)
      table.add(label, "", Figures.fixed(total.bitsPerWeight, 2), cells[0], cells[1], cells[2])
    }
    var parts = [Verdict(self).sentence + "\n", table.text]
    if !extra.isEmpty {
      parts.append("only in the candidate: \(extra.map(TextTable.clean).joined(separator: ", "))\n")
    }
    parts += findings.map { TextTable.clean("finding: \($0.tensor): \($0.finding)") + "\n" }
    return parts.joined(separator: "\n")
  }

  /// SQNR, largest error and 1 − cosine.
  static func cells(_ statistics: ErrorStatistics?) -> [String] {
    guard let statistics else { return ["—", "—", "—"] }
    guard statistics.errorEnergy > 0 else { return ["exact", "0", "0"] }
    return [
      Figures.decibels(statistics.finiteSQNR),
      Figures.significant(Double(statistics.maximumAbsoluteError)),
      Figures.significant(1 - statistics.cosineSimilarity),
    ]
  }
}
