// SPDX-License-Identifier: Apache-2.0

/// A word of a tag.
enum TemplateToken: Equatable {
  case name(String)
  case string(String)
  case integer(Int)
  case number(Double)
  /// An operator or a bracket.
  case mark(String)

  /// How a message names it.
  var spelling: String {
    switch self {
    case .name(let name): name
    case .string(let text): text.quoted
    case .integer(let number): String(number)
    case .number(let number): String(number)
    case .mark(let mark): mark
    }
  }
}

/// A stretch of a template, with the line that it begins on.
struct TemplateSegment {
  enum Content {
    case text(String)
    /// `{{ … }}`
    case output([TemplateToken])
    /// `{% … %}`
    case tag([TemplateToken])
  }

  var content: Content
  var line: Int
}
