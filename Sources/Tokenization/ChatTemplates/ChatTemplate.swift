// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

/// How a model wants a conversation to be written: a template in a part of Jinja, the part that
/// published templates use. What it can't render it refuses by name.
package struct ChatTemplate: Sendable {
  package static let fileName = "chat_template.jinja"
  private static let configurationName = "tokenizer_config.json"
  /// Longer templates are none.
  static let byteLimit = 1 << 20

  /// What was said, and by whom.
  package struct Message: Sendable {
    package var role: String
    package var content: String

    package init(role: String, content: String) {
      self.role = role
      self.content = content
    }
  }

  private nonisolated(unsafe) let statements: [TemplateStatement]
  private let names: [(String, TemplateValue)]

  /// - Parameter names: what the template may name besides the conversation, such as special tokens.
  /// - Throws: ``TemplateError``
  package init(
    _ template: String, names: [(String, TemplateValue)] = []
  ) throws(TemplateError) {
    guard template.utf8.count <= Self.byteLimit else {
      throw .limit(line: 1, reason: "it is longer than \(Self.byteLimit) bytes")
    }
    statements = try TemplateParser.statements(of: template)
    self.names = names
  }

  /// The template that travels with a model: `chat_template.jinja`, else the one of
  /// `tokenizer_config.json`, of several the one called `default`.
  ///
  /// - Throws: ``TemplateError``; ``TokenizationError`` where a file can't be read.
  package init(of model: some ModelSource) throws {
    let path = "\(model.path)/\(Self.configurationName)"
    let configuration = try model.asset(Self.configurationName).map {
      try JSONReader.read($0, path: path)
    }
    let names = Self.specialTokens(in: configuration)
    if let data = model.asset(Self.fileName) {
      let template = try Tokenizer.text(from: data, path: "\(model.path)/\(Self.fileName)")
      try self.init(template, names: names)
      return
    }
    switch configuration?["chat_template"] {
    case .string(let template)?: try self.init(template, names: names)
    case .array(let templates)?:
      let chosen = templates.first {
        if case .string("default")? = $0["name"] { true } else { false }
      }
      guard case .string(let template)? = chosen?["template"] else {
        throw TemplateError.noDefault(path: path)
      }
      try self.init(template, names: names)
    default: throw TemplateError.missing(path: model.path)
    }
  }

  /// The special tokens that a template may name, such as `bos_token`.
  private static func specialTokens(in configuration: JSONValue?) -> [(String, TemplateValue)] {
    guard case .object(let members)? = configuration else { return [] }
    return members.compactMap { key, value in
      guard key.hasSuffix("_token") else { return nil }
      if case .string(let text) = value { return (key, .string(text)) }
      if case .string(let text)? = value["content"] { return (key, .string(text)) }
      return nil
    }
  }

  /// The text of a conversation, up to where the model is to go on.
  ///
  /// - Parameter now: what the template may call the present, in seconds since 1970.
  /// - Throws: ``TemplateError``
  package func render(
    _ messages: [Message], now: Int = Int(Date().timeIntervalSince1970)
  ) throws(TemplateError) -> String {
    let conversation = TemplateValue.list(
      messages.map {
        .object([("role", .string($0.role)), ("content", .string($0.content))])
      })
    return try render(
      [("messages", conversation), ("add_generation_prompt", .bool(true))], now: now)
  }

  /// The text that other values give.
  func render(_ values: [(String, TemplateValue)], now: Int) throws(TemplateError) -> String {
    let absent: [(String, TemplateValue)] = [("tools", .null), ("documents", .null)]
    let all = Dictionary(absent + names + values) { $1 }
    return try TemplateRenderer(all, now: now).text(of: statements)
  }
}
