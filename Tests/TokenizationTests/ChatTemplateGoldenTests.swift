// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import Tokenization

/// What Transformers makes of templates that use what published ones use.
@Suite struct ChatTemplateGoldenTests {
  struct Case: Sendable {
    var template: String
    var values: [(String, TemplateValue)]
    /// Nil where the template refuses the values.
    var text: String?
  }

  static let folder = Fixtures.folder.appending(path: "chat-templates")
  /// Noon of 14 November 2023 in UTC: the same day in all but a few time zones.
  static let now = 1_699_963_200

  static func cases(_ file: URL) throws -> [Case] {
    guard case .array(let cases) = try JSONReader.read(Data(contentsOf: file), path: file.path)
    else { return [] }
    return cases.compactMap { json in
      guard case .string(let template)? = json["template"],
        case .object(let values)? = json["values"]
      else { return nil }
      var text: String?
      if case .string(let found)? = json["text"] { text = found }
      return Case(
        template: template, values: values.map { ($0.key, TemplateValue($0.value)) }, text: text)
    }
  }

  /// Renders every case and returns those that differ.
  static func differences(in folder: URL, _ file: URL) throws -> [String] {
    try cases(file).enumerated().compactMap { index, test in
      let template = try String(
        contentsOf: folder.appending(path: test.template), encoding: .utf8)
      let found = Result { () throws(TemplateError) in
        try ChatTemplate(template).render(test.values, now: now)
      }
      switch (found, test.text) {
      case (.success(let text), let expected?) where text.utf8.elementsEqual(expected.utf8):
        return nil
      case (.failure, nil): return nil
      case (.success(let text), let expected):
        return "\(index) \(test.template): \(text.debugDescription) instead of "
          + "\(expected?.debugDescription ?? "a refusal")"
      case (.failure(let error), _): return "\(index) \(test.template): \(error)"
      }
    }
  }

  @Test func `templates give what Transformers makes of them`() throws {
    let file = Self.folder.appending(path: "cases.json")
    #expect(try Self.cases(file).count > 30)
    #expect(try Self.differences(in: Self.folder, file) == [])
  }

  /// `generate.py FOLDER -o FILE` makes the cases for a folder of published templates.
  @Test func `published templates give what Transformers makes of them`() throws {
    let environment = ProcessInfo.processInfo.environment
    guard let folder = environment["HALFTONE_TEMPLATES"],
      let file = environment["HALFTONE_TEMPLATE_CASES"]
    else {
      print("skipped: HALFTONE_TEMPLATES and HALFTONE_TEMPLATE_CASES name no published templates")
      return
    }
    let differences = try Self.differences(in: URL(filePath: folder), URL(filePath: file))
    for difference in differences { print(difference) }
    #expect(differences.isEmpty)
  }
}

extension TemplateValue {
  /// The same value, read from JSON.
  init(_ json: JSONValue) {
    self =
      switch json {
      case .null: .null
      case .bool(let value): .bool(value)
      case .integer(let value): .integer(value)
      case .number(let value): .number(value)
      case .string(let text): .string(text)
      case .array(let elements): .list(elements.map { TemplateValue($0) })
      case .object(let members): .object(members.map { ($0.key, TemplateValue($0.value)) })
      }
  }
}
