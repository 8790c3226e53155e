// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors
import Yams

extension Recipe {
  /// Reads a recipe as `formats/recipes.md` describes it.
  ///
  /// - Parameters:
  ///   - yaml: the file's text.
  ///   - path: its name, for errors.
  ///   - fallback: what linear layers get where the recipe does not say.
  ///   - schemes: those that it may name.
  /// - Throws: ``QuantizationError/recipe(path:problem:)`` or what is wrong with a scheme.
  package init(
    yaml: String, path: String, fallback: Choice, schemes: any SchemeSet = GeneralSchemes()
  ) throws {
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
      throw QuantizationError.recipe(path: path, problem: "unknown key \(error.key.quoted)")
    } catch {
      throw QuantizationError.recipe(path: path, problem: Self.sentence(for: error))
    }
    self.init(
      linearLayers: try file.choice.resolved(in: path, place: "the recipe") { name, options in
        try schemes.check(name, options: options)
      } ?? fallback,
      rules: try (file.rules ?? []).enumerated().map { index, rule in
        let place = "rule \(index + 1) (\(rule.match.quoted))"
        guard
          let choice = try rule.choice.resolved(
            in: path, place: place,
            check: { name, options in
              // A rule speaks of single tensors, so it can't name a mixture.
              _ = try schemes.scheme(named: name, options: options)
            })
        else {
          throw QuantizationError.recipe(path: path, problem: "\(place) lacks 'scheme'")
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
      return "unknown key \(unknown.key.quoted)"
    }
    if let underlying = context.underlyingError { return sentence(for: underlying) }
    return "\(place(context)): \(context.debugDescription)"
  }

  /// What is wrong with a text that is not YAML, in one line.
  private static func sentence(for error: any Error) -> String {
    switch error {
    case YamlError.scanner(_, let problem, let mark, _),
      YamlError.parser(_, let problem, let mark, _),
      YamlError.composer(_, let problem, let mark, _):
      "line \(mark.line), column \(mark.column) is not YAML: \(problem)"
    case YamlError.duplicatedKeysInMapping(let keys, let context):
      "the mapping at line \(context.mark.line) repeats the key "
        + keys.joined(separator: ", ").quoted
    default:
      "not YAML: " + "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
    }
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
  var blockSize: BlockSizeEntry?
  var doubleQuantization: Bool?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case scheme
    case blockSize = "block_size"
    case doubleQuantization = "double_quant"
  }

  /// The name by which a recipe says that tensors stay as they are.
  private static var keep: String { "keep" }

  static var keys: [String] { CodingKeys.allCases.map(\.rawValue) }

  /// The choice; nil where nothing is chosen.
  ///
  /// - Parameter check: that the scheme exists and takes the options.
  /// - Throws: ``QuantizationError/recipe(path:problem:)``, which names the `place` in the recipe.
  func resolved(
    in path: String, place: String, check: (String, SchemeOptions) throws -> Void
  ) throws -> Recipe.Choice? {
    let hasOptions = blockSize != nil || doubleQuantization != nil
    guard let scheme else {
      guard hasOptions else { return nil }
      throw QuantizationError.recipe(
        path: path, problem: "\(place) has 'block_size' or 'double_quant' but lacks 'scheme'")
    }
    if scheme == Self.keep {
      guard hasOptions else { return .keep }
      throw QuantizationError.recipe(
        path: path, problem: "\(place): 'keep' goes with neither 'block_size' nor 'double_quant'")
    }
    let options = SchemeOptions(
      blockSize: blockSize?.weightCount, blocksAreRows: blockSize == .row,
      doubleQuantization: doubleQuantization ?? false)
    do {
      try check(scheme, options)
    } catch QuantizationError.unknownScheme(let name, let known) {
      let error = QuantizationError.unknownScheme(name: name, known: known + [Self.keep])
      throw QuantizationError.recipe(path: path, problem: "\(place): \(error)")
    } catch let error as QuantizationError {
      throw QuantizationError.recipe(path: path, problem: "\(place): \(error)")
    }
    return .scheme(name: scheme, options: options)
  }
}

/// A number of weights, or `row`.
private enum BlockSizeEntry: Decodable, Equatable {
  case weights(Int)
  case row

  var weightCount: Int? { if case .weights(let count) = self { count } else { nil } }

  init(from decoder: Decoder) throws {
    let container = try decoder.singleValueContainer()
    self =
      (try? container.decode(String.self)) == "row"
      ? .row : .weights(try container.decode(Int.self))
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
