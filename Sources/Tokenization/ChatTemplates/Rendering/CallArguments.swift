// SPDX-License-Identifier: Apache-2.0

/// What a function, a filter, a test or a method is called with.
struct CallArguments {
  var positional: [TemplateValue]
  var named: [(name: String, value: TemplateValue)]

  /// The argument at a place, or under a name.
  subscript(_ place: Int, _ name: String) -> TemplateValue? {
    place < positional.count
      ? positional[place] : named.last { $0.name == name }?.value
  }

  /// The text of an argument; nil where there is none, or it is no string.
  func string(_ place: Int, _ name: String) -> String? {
    guard case .string(let text)? = self[place, name] else { return nil }
    return text
  }
}
