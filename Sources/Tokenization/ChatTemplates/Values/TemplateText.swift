// SPDX-License-Identifier: Apache-2.0

/// A string as Python sees it: a sequence of characters of one code point each.
struct TemplateText {
  let scalars: [Unicode.Scalar]

  init(_ text: String) { scalars = Array(text.unicodeScalars) }

  static func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  /// Where a string begins first, from a place on.
  func firstPlace(of part: String, from start: Int = 0) -> Int? {
    let wanted = Array(part.unicodeScalars)
    guard start + wanted.count <= scalars.count else { return nil }
    guard let first = wanted.first else { return start }
    return (start...scalars.count - wanted.count).first {
      scalars[$0] == first && scalars[$0...].starts(with: wanted)
    }
  }

  /// The parts between occurrences of a separator, at most `limit` of which count.
  func split(by separator: String, limit: Int = .max) -> [String] {
    let length = separator.unicodeScalars.count
    var parts: [String] = []
    var start = 0
    while parts.count < limit, length > 0, let place = firstPlace(of: separator, from: start) {
      parts.append(Self.string(scalars[start..<place]))
      start = place + length
    }
    parts.append(Self.string(scalars[start...]))
    return parts
  }

  /// The words between white space.
  func words(limit: Int = .max) -> [String] {
    var parts: [String] = []
    var rest = scalars[...]
    while true {
      rest = rest.drop { Self.isSpace($0) }
      guard !rest.isEmpty else { return parts }
      guard parts.count < limit else {
        return parts + [Self.string(rest)]
      }
      let word = rest.prefix { !Self.isSpace($0) }
      parts.append(Self.string(word))
      rest = rest.dropFirst(word.count)
    }
  }

  /// Without the characters of a set, or white space, at either end.
  func stripped(of characters: String? = nil, atStart: Bool = true, atEnd: Bool = true) -> String {
    let set = characters.map { Set($0.unicodeScalars) }
    func goes(_ scalar: Unicode.Scalar) -> Bool {
      set.map { $0.contains(scalar) } ?? Self.isSpace(scalar)
    }
    var rest = scalars[...]
    if atStart { rest = rest.drop(while: goes) }
    if atEnd { while let last = rest.last, goes(last) { rest.removeLast() } }
    return Self.string(rest)
  }

  /// What Python's `str.isspace` says.
  static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || ("\u{1C}"..."\u{1F}").contains(scalar)
  }

  /// Elements of a slice with Python's rules for ends outside and negative steps; nil for a step of 0.
  static func slice<Element>(
    _ elements: [Element], start: Int?, end: Int?, step: Int
  ) -> [Element]? {
    guard step != 0 else { return nil }
    let count = elements.count
    func place(_ index: Int, _ range: ClosedRange<Int>) -> Int {
      let counted = index < 0 ? (index < -count ? -1 : index + count) : index
      return min(max(counted, range.lowerBound), range.upperBound)
    }
    if step > 0 {
      let first = start.map { place($0, 0...count) } ?? 0
      let last = end.map { place($0, 0...count) } ?? count
      return first < last ? Swift.stride(from: first, to: last, by: step).map { elements[$0] } : []
    }
    let first = start.map { place($0, -1...count - 1) } ?? count - 1
    let last = end.map { place($0, -1...count - 1) } ?? -1
    return Swift.stride(from: first, to: last, by: step).map { elements[$0] }
  }
}
