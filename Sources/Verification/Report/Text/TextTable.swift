// SPDX-License-Identifier: Apache-2.0

/// A table that reads in a terminal and is valid Markdown.
///
/// Cells come from files, too: control characters, which could steer a terminal, are replaced, and
/// `|` is escaped.
package struct TextTable {
  /// How a column's cells are aligned.
  package enum Alignment { case left, right }

  private let header: [String]
  private let alignments: [Alignment]
  private var rows: [[String]] = []

  package init(_ columns: [(String, Alignment)]) {
    header = columns.map(\.0)
    alignments = columns.map(\.1)
  }

  /// Adds a row; missing cells stay empty.
  package mutating func add(_ cells: String...) { rows.append(cells.map(Self.clean)) }

  /// The lines, each ended.
  package var text: String {
    let widths = header.indices.map { column in
      ([header] + rows).map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    let rule = zip(widths, alignments).map { width, alignment in
      let dashes = String(repeating: "-", count: max(1, width - 1))
      return alignment == .right ? dashes + ":" : ":" + dashes
    }
    return ([header, rule] + rows).map { row in
      "| "
        + widths.indices.map { column in
          let cell = column < row.count ? row[column] : ""
          let space = String(repeating: " ", count: max(0, max(2, widths[column]) - cell.count))
          return alignments[column] == .left ? cell + space : space + cell
        }.joined(separator: " | ") + " |\n"
    }.joined()
  }

  /// What may be shown of a text that comes from a file.
  static func clean(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: result.append("\u{FFFD}")
      default:
        if scalar == "|" { result.append("\\") }
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// A long name with its middle left out, so that beginning and end can be told apart.
  static func shorten(_ name: String, to length: Int) -> String {
    guard name.count > length else { return name }
    let tail = (length - 1) * 3 / 5
    return name.prefix(length - 1 - tail) + "…" + name.suffix(tail)
  }
}
