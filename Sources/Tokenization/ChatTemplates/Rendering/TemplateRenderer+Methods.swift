// SPDX-License-Identifier: Apache-2.0

extension TemplateRenderer {
  /// What a method of a value gives, those of Python's strings, lists and mappings that change nothing.
  func method(
    _ name: String, of value: TemplateValue, _ arguments: CallArguments
  ) throws(TemplateError) -> TemplateValue {
    switch value {
    case .string(let text):
      try charge(text.utf8.count / 8)
      if let result = try method(name, of: text, arguments) { return result }
    case .mapping(let members):
      switch name {
      case "items": return try measured(.list(members.map { .list([$0.key, $0.value]) }))
      case "keys": return .list(members.map(\.key))
      case "values": return try measured(.list(members.map(\.value)))
      case "get":
        guard let key = arguments[0, "key"] else { throw invalid("get needs a key") }
        return members.last { $0.key.equals(key) }?.value ?? arguments[1, "default"] ?? .null
      default: break
      }
    case .list(let elements):
      guard let element = arguments.positional.first else { break }
      switch name {
      case "count": return .integer(elements.count { $0.equals(element) })
      case "index":
        guard let place = elements.firstIndex(where: { $0.equals(element) }) else {
          throw invalid("the list has no such element")
        }
        return .integer(place)
      default: break
      }
    case .undefined: throw invalid("\(value.kind) has no method \(name.quoted)")
    default: break
    }
    throw .unsupported(line: line, construct: "the method \(name.quoted) of \(value.kind)")
  }

  /// Nil for a method that isn't known.
  private func method(
    _ name: String, of string: String, _ arguments: CallArguments
  ) throws(TemplateError) -> TemplateValue? {
    let text = TemplateText(string)
    let first = arguments.string(0, "chars")
    switch name {
    case "strip": return .string(text.stripped(of: first))
    case "lstrip": return .string(text.stripped(of: first, atEnd: false))
    case "rstrip": return .string(text.stripped(of: first, atStart: false))
    case "upper": return .string(string.uppercased())
    case "lower": return .string(string.lowercased())
    case "title": return .string(Self.titled(string))
    case "capitalize":
      return .string(string.prefix(1).uppercased() + string.dropFirst().lowercased())
    case "startswith", "endswith":
      let atStart = name == "startswith"
      return .bool(
        try options(arguments.positional.first, of: name).contains {
          atStart
            ? text.scalars.starts(with: $0.unicodeScalars)
            : text.scalars.reversed().starts(with: $0.unicodeScalars.reversed())
        })
    case "removeprefix", "removesuffix":
      let part = try options(arguments.positional.first, of: name).first ?? ""
      let isPrefix = name == "removeprefix"
      let isThere =
        isPrefix
        ? text.scalars.starts(with: part.unicodeScalars)
        : text.scalars.reversed().starts(with: part.unicodeScalars.reversed())
      guard isThere else { return .string(string) }
      let count = part.unicodeScalars.count
      return .string(
        TemplateText.string(
          isPrefix ? text.scalars.dropFirst(count) : text.scalars.dropLast(count)))
    case "split":
      let limit = arguments[1, "maxsplit"]?.whole ?? -1
      let most = limit < 0 ? Int.max : limit
      guard let separator = arguments.string(0, "sep") else {
        return .list(text.words(limit: most).map { .string($0) })
      }
      guard !separator.isEmpty else { throw invalid("split needs a separator") }
      return .list(text.split(by: separator, limit: most).map { .string($0) })
    case "splitlines":
      var lines = text.split(by: "\n")
      if lines.last == "" { lines.removeLast() }
      return .list(lines.map { .string($0) })
    case "replace":
      guard let old = arguments.string(0, "old"), let new = arguments.string(1, "new") else {
        throw invalid("replace takes two strings")
      }
      return .string(try replaced(text, old, new, count: arguments[2, "count"]?.whole))
    case "format": return .string(try formatted(text, arguments))
    case "find":
      guard let part = arguments.string(0, "sub") else { throw invalid("find takes a string") }
      return .integer(text.firstPlace(of: part) ?? -1)
    case "count":
      guard let part = arguments.string(0, "sub"), !part.isEmpty else {
        throw invalid("count takes a string")
      }
      return .integer(text.split(by: part).count - 1)
    case "join":
      guard let elements = arguments.positional.first else { throw invalid("join takes a list") }
      var parts: [String] = []
      for element in try self.elements(of: elements) { parts.append(element.text) }
      return .string(try joined(parts, by: string))
    case "isdigit":
      return .bool(!text.scalars.isEmpty && text.scalars.allSatisfy { ("0"..."9").contains($0) })
    default: return nil
    }
  }

  /// One string, or each of several.
  private func options(
    _ value: TemplateValue?, of name: String
  ) throws(TemplateError) -> [String] {
    switch value {
    case .string(let text): return [text]
    case .list(let elements): return elements.map(\.text)
    default: throw invalid("\(name) takes a string")
    }
  }

  /// Each word with a capital letter, the rest small.
  static func titled(_ text: String) -> String {
    var result = ""
    var isInside = false
    for character in text {
      result += isInside ? character.lowercased() : character.uppercased()
      isInside = character.isLetter
    }
    return result
  }

  func replaced(
    _ text: TemplateText, _ old: String, _ new: String, count: Int?
  ) throws(TemplateError) -> String {
    let limit = count.map { $0 < 0 ? Int.max : $0 } ?? .max
    guard !old.isEmpty else { throw invalid("replace needs something to be replaced") }
    return try joined(text.split(by: old, limit: limit), by: new)
  }

  /// Strings with another between them, whose length counts as work.
  func joined(_ parts: [String], by separator: String) throws(TemplateError) -> String {
    let (between, overflow) = separator.utf8.count.multipliedReportingOverflow(by: parts.count)
    try charge(overflow ? Self.workLimit + 1 : between + parts.reduce(0) { $0 + $1.utf8.count })
    return parts.joined(separator: separator)
  }
}
