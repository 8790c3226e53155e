// SPDX-License-Identifier: Apache-2.0

extension TemplateRenderer {
  /// Python's `str.format` with `{}`, `{0}` and `{name}`, and `{{` and `}}` for braces.
  func formatted(
    _ text: TemplateText, _ arguments: CallArguments
  ) throws(TemplateError) -> String {
    let scalars = Array(text.scalars)
    var result = String.UnicodeScalarView()
    var next = 0
    var place = 0
    while place < scalars.count {
      let scalar = scalars[place]
      place += 1
      guard scalar == "{" || scalar == "}" else {
        result.append(scalar)
        continue
      }
      if place < scalars.count, scalars[place] == scalar {
        result.append(scalar)
        place += 1
        continue
      }
      guard scalar == "{", let end = scalars[place...].firstIndex(of: "}") else {
        throw invalid("a string to format has a single brace")
      }
      let field = TemplateText.string(scalars[place..<end])
      place = end + 1
      guard !field.contains(where: { ".[:!{".contains($0) }) else {
        throw .unsupported(line: line, construct: "the format \("{\(field)}".quoted)")
      }
      var index = Int(field)
      if field.isEmpty {
        index = next
        next += 1
      }
      let value =
        index.map { arguments.positional.indices.contains($0) ? arguments.positional[$0] : nil }
        ?? arguments.named.last { $0.name == field }?.value
      guard let value else { throw invalid("a string to format lacks {\(field)}") }
      let string = value.text
      try charge(string.utf8.count / 8)
      result.append(contentsOf: string.unicodeScalars)
    }
    return String(result)
  }
}
