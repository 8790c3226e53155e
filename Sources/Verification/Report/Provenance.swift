// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

/// What a report was made from.
package struct Provenance: Sendable, Equatable {
  package var original: Subject
  package var candidate: Subject
  /// The text that was measured on, as the user named it.
  package var text: String?
  /// The tool's name and version.
  package var tool: String
  /// When, in words; nil where the report must be reproducible byte for byte.
  package var date: String?

  package init(
    original: Subject, candidate: Subject, text: String? = nil, tool: String, date: String? = nil
  ) {
    self.original = original
    self.candidate = candidate
    self.text = text
    self.tool = tool
    self.date = date
  }

  /// One side.
  package struct Subject: Sendable, Equatable, Codable {
    package var path: String
    package var format: String
    /// The size in bytes of the files that hold the tensors.
    package var byteCount: Int
    /// Schemes with their number of tensors, most frequent first.
    package var schemes: [SchemeCount]

    /// A scheme and how many tensors have it.
    package struct SchemeCount: Sendable, Equatable, Codable {
      package var name: String
      package var tensorCount: Int

      enum CodingKeys: String, CodingKey {
        case name = "scheme"
        case tensorCount = "tensors"
      }
    }

    enum CodingKeys: String, CodingKey {
      case path, format, schemes
      case byteCount = "bytes"
    }

    package init(_ source: any ModelSource) {
      path = source.path
      format = source.format
      byteCount = source.byteCount
      schemes = Dictionary(grouping: source.tensors, by: \.scheme)
        .map { SchemeCount(name: $0.key, tensorCount: $0.value.count) }
        .sorted { ($1.tensorCount, $0.name) < ($0.tensorCount, $1.name) }
    }

    /// Format, size and schemes on one line.
    var summary: String {
      let list = schemes.map { "\($0.name) × \($0.tensorCount)" }.joined(separator: ", ")
      return "\(format), \(Figures.bytes(byteCount)): \(list)"
    }
  }
}
