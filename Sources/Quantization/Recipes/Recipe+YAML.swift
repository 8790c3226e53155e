// SPDX-License-Identifier: Apache-2.0

import Foundation
import Yams

extension Recipe {
  /// Reads a recipe as `formats/recipes.md` describes it.
  ///
  /// - Parameters:
  ///   - yaml: the file's text.
  ///   - path: its name, for errors.
  ///   - fallback: what linear layers get where the recipe does not say.
  /// - Throws: ``QuantizationError/recipe(path:problem:)`` or what is wrong with a scheme.
  package init(yaml: String, path: String, fallback: Choice) throws {
    let file: RecipeFile
    do {
      file = try YAMLDecoder().decode(RecipeFile.self, from: yaml)
    } catch DecodingError.dataCorrupted(let context) {
      throw QuantizationError.recipe(path: path, problem: Self.sentence(for: context))
    } catch DecodingError.keyNotFound(let key, let context) {
      throw QuantizationError.recipe(
        path: path, problem: "\(Self.place(context)) lacks '\(key.stringValue)'")
    } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context)
    {
      throw QuantizationError.recipe(
        path: path, problem: "\(Self.place(context)) has a value of the wrong kind")
    } catch let error as UnknownKey {
      throw QuantizationError.recipe(path: path, problem: "unknown key '\(error.key)'")
    } catch {
      throw QuantizationError.recipe(path: path, problem: "not YAML: \(error)")
    }
    self.init(
      linearLayers: try file.choice.resolved() ?? fallback,
      rules: try (file.rules ?? []).map { rule in
        guard let choice = try rule.choice.resolved() else {
          throw QuantizationError.recipe(
            path: path, problem: "the rule for '\(rule.match)' lacks 'scheme'")
        }
        return Rule(pattern: rule.match, choice: choice)
      },
      text: yaml)
  }

  private static func place(_ context: DecodingError.Context) -> String {
    let path = context.codingPath.map { $0.intValue.map { "\($0 + 1)" } ?? $0.stringValue }
    return path.isEmpty ? "the recipe" : "'\(path.joined(separator: " "))'"
  }

  private static func sentence(for context: DecodingError.Context) -> String {
    if let unknown = context.underlyingError as? UnknownKey {
      return "unknown key '\(unknown.key)'"
    }
    if let underlying = context.underlyingError { return "not YAML: \(underlying)" }
    return "\(place(context)): \(context.debugDescription)"
  }
}

/// A key that no recipe may have.
private struct UnknownKey: Error { let key: String }

/// The document.
private struct RecipeFile: Decodable {
  var choice: SchemeEntry
  var rules: [RuleEntry]?

  enum CodingKeys: String, CodingKey, CaseIterable { case rules }

  init(from decoder: Decoder) throws {
    try decoder.requireKeys(CodingKeys.allCases.map(\.rawValue) + SchemeEntry.keys)
    choice = try SchemeEntry(from: decoder)
    rules = try decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(
      [RuleEntry].self, forKey: .rules)
  }
}

private struct RuleEntry: Decodable {
  var match: String
  var choice: SchemeEntry

  enum CodingKeys: String, CodingKey, CaseIterable { case match }

  init(from decoder: Decoder) throws {
    try decoder.requireKeys(CodingKeys.allCases.map(\.rawValue) + SchemeEntry.keys)
    choice = try SchemeEntry(from: decoder)
    match = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .match)
  }
}

private struct SchemeEntry: Decodable {
  var scheme: String?
  var blockSize: Int?
  var doubleQuantization: Bool?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case scheme
    case blockSize = "block_size"
    case doubleQuantization = "double_quant"
  }

  static var keys: [String] { CodingKeys.allCases.map(\.rawValue) }

  /// The choice; nil where no scheme is named. Checks that the scheme exists and takes the options.
  func resolved() throws -> Recipe.Choice? {
    guard let scheme else { return nil }
    if scheme == "keep" { return .keep }
    let options = SchemeOptions(
      blockSize: blockSize, doubleQuantization: doubleQuantization ?? false)
    _ = try Schemes.scheme(named: scheme, options: options)
    return .scheme(name: scheme, options: options)
  }
}

extension Decoder {
  /// Refuses keys that mean nothing, for a misspelt one must not be ignored.
  fileprivate func requireKeys(_ known: [String]) throws {
    for key in try container(keyedBy: AnyKey.self).allKeys where !known.contains(key.stringValue) {
      throw UnknownKey(key: key.stringValue)
    }
  }
}

private struct AnyKey: CodingKey {
  var stringValue: String
  var intValue: Int? { nil }
  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}
