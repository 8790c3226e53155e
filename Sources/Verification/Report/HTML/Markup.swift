// SPDX-License-Identifier: Apache-2.0

import Mustache

/// What makes text safe inside HTML, attribute values and SVG included.
///
/// Templates escape every `{{value}}` with this, and no template of ours uses the forms that don't, so
/// this is the one place through which text from files enters a report. The template library's own
/// rule looks at whole characters, which lets a quote that carries a combining mark end an attribute;
/// this one looks at Unicode scalars. Control characters have no place in HTML and are replaced.
struct MarkupContent: MustacheContentType {
  func escapeText(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result.append(contentsOf: "&amp;".unicodeScalars)
      case "<": result.append(contentsOf: "&lt;".unicodeScalars)
      case ">": result.append(contentsOf: "&gt;".unicodeScalars)
      case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
      case "'": result.append(contentsOf: "&#39;".unicodeScalars)
      case "\n", "\t": result.append(scalar)
      case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}": result.append("\u{FFFD}")
      default: result.append(scalar)
      }
    }
    return String(result)
  }

  /// The templates, every one of which escapes by this rule.
  ///
  /// - Throws: the template library's error where a template is malformed.
  static func library(_ templates: [String: String]) throws -> MustacheLibrary {
    MustacheContentTypes.register(MarkupContent(), named: "MARKUP")
    return MustacheLibrary(
      templates: try templates.mapValues {
        try MustacheTemplate(string: "{{% CONTENT_TYPE:MARKUP}}" + $0)
      })
  }
}
