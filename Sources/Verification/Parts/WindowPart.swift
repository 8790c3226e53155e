// SPDX-License-Identifier: Apache-2.0

/// One of several shares of a text's windows; every window belongs to exactly one.
package struct WindowPart: Sendable, Equatable, Codable {
  /// From 1.
  package var index: Int
  package var count: Int

  /// The share that is everything.
  package static let whole = WindowPart(index: 1, count: 1)

  package init(index: Int, count: Int) {
    self.index = index
    self.count = count
  }

  /// The windows of this share: neighbours, and as many as in any other share, or one more.
  ///
  /// - Parameter total: how many windows there are, at least `count`.
  func windows(of total: Int) -> Range<Int> {
    let (size, rest) = total.quotientAndRemainder(dividingBy: count)
    let start = (index - 1) * size + min(index - 1, rest)
    return start..<start + size + (index <= rest ? 1 : 0)
  }

  /// The windows of this share.
  ///
  /// - Parameter all: the windows of the whole text.
  /// - Throws: ``PartError/tooManyParts(count:windows:)`` where a share would have none.
  package func select(from all: [Window]) throws(PartError) -> [Window] {
    guard count <= all.count else { throw .tooManyParts(count: count, windows: all.count) }
    return Array(all[windows(of: all.count)])
  }
}
