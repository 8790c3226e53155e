// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

/// What a model itself says of generation: `generation_config.json`, and where that has nothing,
/// `config.json`.
package struct GenerationDefaults: Sendable {
  /// Tokens that end a text.
  package private(set) var endTokens: Set<Int32> = []
  /// What the model's makers chose for sampling, where they chose to sample; nil elsewhere.
  package private(set) var temperature: Double?
  package private(set) var topK: Int?
  package private(set) var topP: Double?
  package private(set) var repetitionPenalty: Double?

  /// - Throws: ``InferenceError/invalidGenerationValue(key:expected:)``,
  ///   ``InferenceError/malformedGenerationConfiguration``,
  ///   ``InferenceError/malformedConfiguration``
  package init(of source: any ModelSource) throws {
    let generation = try Self.object("generation_config.json", of: source)
    let configuration = try Self.object("config.json", of: source) ?? [:]
    let key = "eos_token_id"
    let inner: [String: JSONValue] =
      if case .object(let inner)? = configuration["text_config"] { inner } else { [:] }
    let ends = generation?[key] ?? configuration[key] ?? inner[key]
    endTokens = try Self.tokens(ends)
    guard let generation, generation["do_sample"] == .flag(true) else { return }
    temperature = try Self.number("temperature", "a number from 0", in: generation) {
      $0 >= 0 && $0.isFinite
    }
    topP = try Self.number("top_p", "a number above 0 and at most 1", in: generation) {
      $0 > 0 && $0 <= 1
    }
    repetitionPenalty = try Self.number(
      "repetition_penalty", "a number above 0", in: generation
    ) { $0 > 0 && $0.isFinite }
    // Transformers' own defaults where a model samples and says no more.
    temperature = temperature ?? 1
    switch generation["top_k"] {
    case nil: topK = 50
    case .null: topK = nil
    // Here 0 is another word for all.
    case .integer(let count) where count >= 0: topK = count == 0 ? nil : count
    default:
      throw InferenceError.invalidGenerationValue(key: "top_k", expected: "a number from 0")
    }
  }

  private static func object(
    _ name: String, of source: any ModelSource
  ) throws -> [String: JSONValue]? {
    guard let data = source.asset(name) else { return nil }
    guard case .object(let object)? = try? JSONDecoder().decode(JSONValue.self, from: data) else {
      throw name == "config.json"
        ? InferenceError.malformedConfiguration : .malformedGenerationConfiguration
    }
    return object
  }

  private static func tokens(_ value: JSONValue?) throws -> Set<Int32> {
    let values: [JSONValue] =
      switch value {
      case nil, .null: []
      case .list(let list): list
      case .some(let single): [single]
      }
    return Set(
      try values.map { value in
        guard case .integer(let id) = value, let id = Int32(exactly: id) else {
          throw InferenceError.invalidGenerationValue(
            key: "eos_token_id", expected: "a token id or a list of them")
        }
        return id
      })
  }

  private static func number(
    _ key: String, _ expected: String, in object: [String: JSONValue], where holds: (Double) -> Bool
  ) throws -> Double? {
    let number: Double? =
      switch object[key] {
      case nil, .null: nil
      case .integer(let number): Double(number)
      case .number(let number): number
      default: .nan
      }
    guard number.map(holds) ?? true else {
      throw InferenceError.invalidGenerationValue(key: key, expected: expected)
    }
    return number
  }
}
