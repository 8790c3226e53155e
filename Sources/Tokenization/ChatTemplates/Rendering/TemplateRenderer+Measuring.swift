// SPDX-License-Identifier: Apache-2.0

extension TemplateRenderer {
  /// How many values one may hold in all, and how deep.
  private static let sizeLimit = 100_000
  private static let valueDepthLimit = 64

  /// A value that was just put together, which counts as work for everything in it.
  ///
  /// So whatever walks through a value later (writing, comparing) ends soon: a list that holds itself
  /// twice, a few dozen times over, is small in memory but has no end to speak of.
  func measured(_ value: TemplateValue) throws(TemplateError) -> TemplateValue {
    var count = 0
    guard Self.count(value, depth: 0, &count) else {
      throw .limit(
        line: line, reason: "a value holds too many others, or too deep inside each other")
    }
    try charge(count)
    return value
  }

  /// Whether a value stays within the limits.
  private static func count(_ value: TemplateValue, depth: Int, _ count: inout Int) -> Bool {
    count += 1
    guard count <= sizeLimit, depth <= valueDepthLimit else { return false }
    switch value {
    case .list(let elements):
      for element in elements where !self.count(element, depth: depth + 1, &count) { return false }
    case .mapping(let members):
      for member in members {
        guard self.count(member.key, depth: depth + 1, &count),
          self.count(member.value, depth: depth + 1, &count)
        else { return false }
      }
    default: break
    }
    return true
  }
}
