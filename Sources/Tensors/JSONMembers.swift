// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The members of a JSON object as they were written, so that one can be changed and all others stay
/// byte for byte what they were, numbers above all.
package struct JSONMembers {
  private var members: [(key: String, value: String)] = []

  /// Reads an object.
  ///
  /// - Throws: ``JSONError``.
  package init(_ text: Data) throws {
    try text.withUnsafeBytes { bytes in
      var scan = try JSONScan(bytes)
      try scan.object { scan, key, _ in
        let start = scan.position
        try scan.skip()
        let value = String(decoding: bytes[start..<scan.position], as: UTF8.self)
        members.append((key, value.trimmingCharacters(in: .whitespacesAndNewlines)))
      }
      try scan.finish()
    }
  }

  /// The names of the members, in order.
  package var keys: [String] { members.map(\.key) }

  /// The JSON text of a member; nil where there is none, and set to remove it.
  package subscript(key: String) -> String? {
    get { members.first { $0.key == key }?.value }
    set {
      let place = members.firstIndex { $0.key == key }
      switch (place, newValue) {
      case (let place?, let value?): members[place].value = value
      case (let place?, nil): members.remove(at: place)
      case (nil, let value?): members.append((key, value))
      case (nil, nil): break
      }
    }
  }

  /// The string that a member's text is, or nil where it is something else.
  package static func string(_ text: String) -> String? {
    try? JSONDecoder().decode(String.self, from: Data(text.utf8))
  }

  /// The object as text: one member a line, indented by two.
  package var text: Data {
    let lines = members.map { "  \($0.key.jsonLiteral): \($0.value)" }
    return Data("{\n\(lines.joined(separator: ",\n"))\n}\n".utf8)
  }
}
