// SPDX-License-Identifier: Apache-2.0

/// Looks for strings that end a text, while the text comes piece by piece.
///
/// What could be the beginning of one is held back until it is known whether it is.
package struct StopStrings: Sendable {
  private let strings: [[UInt8]]
  private var held: [UInt8] = []
  /// Whether one was found; nothing more is given then.
  package private(set) var isFound = false

  /// - Parameter strings: empty ones never come.
  package init(_ strings: [String]) {
    self.strings = strings.map { Array($0.utf8) }.filter { !$0.isEmpty }
  }

  /// What of the text so far, this piece included, is certain to be given: without the first string
  /// that ends it.
  package mutating func append(_ text: String) -> String {
    guard !isFound else { return "" }
    held.append(contentsOf: text.utf8)
    if let end = firstMatch() {
      isFound = true
      return take(end)
    }
    return take(held.count - heldCount())
  }

  /// What was held back, at the end of the text.
  package mutating func finish() -> String { isFound ? "" : take(held.count) }

  private mutating func take(_ count: Int) -> String {
    defer { held.removeFirst(count) }
    return String(decoding: held[..<count], as: UTF8.self)
  }

  /// Where the first string begins, or nil.
  private func firstMatch() -> Int? {
    held.indices.first { start in strings.contains { held[start...].starts(with: $0) } }
  }

  /// The length of the longest end of the text that a string begins with.
  private func heldCount() -> Int {
    let longest = strings.lazy.map(\.count).max() ?? 1
    return (0..<min(longest, held.count + 1)).reversed().first { count in
      strings.contains { $0.starts(with: held[(held.count - count)...]) }
    } ?? 0
  }
}
