// SPDX-License-Identifier: Apache-2.0

/// A template for one text: special tokens and the place of the text's own ids.
struct TemplateProcessor: PostProcessor {
  private enum Element {
    case ids([Int32])
    case text
  }

  private let elements: [Element]

  init(_ part: Part) throws {
    var special: [String: [Int32]] = [:]
    for (name, value) in try part.optional("special_tokens") == nil
      ? [] : part.object("special_tokens")
    {
      let entry = try Part(path: part.path, key: part.name("special_tokens.\(name)"), value: value)
      special[name] = try entry.array("ids").map { try Vocabulary.id($0, of: name, in: part.path) }
    }
    elements = try part.parts("single").map { entry in
      if let token = try entry.optionalPart("SpecialToken") {
        let name = try token.string("id")
        guard let ids = special[name] else {
          throw TokenizationError.absentToken(path: part.path, key: token.key, token: name)
        }
        return .ids(ids)
      }
      guard try entry.part("Sequence").string("id") == "A" else {
        throw TokenizationError.unsupportedOption(
          path: part.path, key: entry.key, value: "a second sequence")
      }
      return .text
    }
  }

  func apply(to ids: [Int32]) -> [Int32] {
    elements.flatMap { element in
      switch element {
      case .ids(let special): special
      case .text: ids
      }
    }
  }
}

/// One token before the text and one after it: what BERT's and RoBERTa's processors do to one text.
struct PairProcessor: PostProcessor {
  private let first: Int32
  private let last: Int32

  init(_ part: Part) throws {
    func id(_ member: String) throws -> Int32 {
      let pair = try part.array(member)
      guard pair.count == 2, case .string(let token) = pair[0] else {
        throw part.wrong(member, expected: "a token and its id", found: .array(pair))
      }
      return try Vocabulary.id(pair[1], of: token, in: part.path)
    }
    first = try id("cls")
    last = try id("sep")
  }

  func apply(to ids: [Int32]) -> [Int32] { [first] + ids + [last] }
}
