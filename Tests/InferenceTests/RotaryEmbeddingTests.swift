// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import Inference

/// Four units in the last place: the power is rounded correctly here and to within one unit there,
/// and where `llama3` interpolates, a difference of nearly equal numbers magnifies that unit.
private let frequencyTolerance: Float = 0x1p-21

@Suite struct RotaryEmbeddingTests {
  struct Case: Decodable, CustomTestStringConvertible {
    var name: String
    var config: JSONValue
    var window: Int
    var frequencies: [Float]
    var amplitude: Float

    var testDescription: String { name }

    func embedding() throws -> RotaryEmbedding {
      guard case .object(let keys) = config else { throw InferenceError.malformedConfiguration }
      let configuration = Configuration(keys)
      let sizes = try DecoderSizes(from: configuration, defaultContextLength: 2048)
      return try RotaryEmbedding(
        from: configuration, headSize: sizes.headSize, contextLength: sizes.contextLength)
    }
  }

  static let cases: [Case] = {
    let file = Fixtures.folder.appending(path: "rope/cases.json")
    return (try? JSONDecoder().decode([Case].self, from: Data(contentsOf: file))) ?? []
  }()

  @Test func `the fixture has every variant`() {
    #expect(Self.cases.count == 19)
  }

  @Test(arguments: cases)
  func `frequencies agree with the reference implementation`(reference: Case) throws {
    let embedding = try reference.embedding()
    let frequencies = embedding.frequencies(windowLength: reference.window)
    #expect(frequencies.count == reference.frequencies.count)
    for (ours, theirs) in zip(frequencies, reference.frequencies) {
      #expect(abs(ours - theirs) <= frequencyTolerance * theirs)
    }
    #expect(embedding.amplitude == reference.amplitude)
  }

  @Test(arguments: [
    (#"{"rope_theta": 1e4}"#, 256),
    (#"{"rope_scaling": {"type": "linear", "factor": 4}}"#, 1024),
    (#"{"rope_scaling": {"type": "dynamic", "factor": 2}}"#, 512),
    (
      """
      {"rope_scaling": {"rope_type": "yarn", "factor": 8, "original_max_position_embeddings": 256}}
      """, 2048
    ),
    (
      """
      {"rope_scaling": {"rope_type": "yarn", "factor": 8, "original_max_position_embeddings": 32}}
      """, 256
    ),
  ])
  func `scaling extends the context`(keys: String, expected: Int) throws {
    let configuration = try parsed(keys)
    let embedding = try RotaryEmbedding(from: configuration, headSize: 8, contextLength: 256)
    #expect(embedding.contextLength == expected)
  }

  @Test(arguments: [
    (
      #"{"rope_scaling": {"rope_type": "proportional", "factor": 2}}"#,
      InferenceError.unsupportedOption(key: "rope_scaling.rope_type", value: "\"proportional\"")
    ),
    (
      #"{"rope_scaling": {"rope_type": "longrope", "factor": 2}}"#,
      .missingKey("rope_scaling.short_factor")
    ),
    (
      #"{"rope_scaling": {"rope_type": "longrope", "short_factor": [1, 1, 1]}}"#,
      .invalidValue(
        key: "rope_scaling.short_factor", expected: "a list of 4 numbers above 0",
        found: "a list of 3")
    ),
    (
      #"{"rope_scaling": {"type": "mrope"}}"#,
      .unsupportedOption(key: "rope_scaling.type", value: "\"mrope\"")
    ),
    (
      #"{"rope_parameters": {"rope_type": "default", "partial_rotary_factor": 0.5}}"#,
      .unsupportedOption(key: "rope_parameters.partial_rotary_factor", value: "0.5")
    ),
    (#"{"rope_scaling": {"type": "linear"}}"#, .missingKey("rope_scaling.factor")),
    (
      #"{"rope_scaling": {"type": "linear", "factor": 0}}"#,
      .invalidValue(key: "rope_scaling.factor", expected: "a number above 0", found: "0")
    ),
    (
      #"{"rope_scaling": 2}"#,
      .invalidValue(key: "rope_scaling", expected: "an object", found: "2")
    ),
    (
      #"{"rope_scaling": {"type": "linear", "factor": 2, "twist": 3}}"#,
      .unsupportedOption(key: "rope_scaling.twist", value: "3")
    ),
  ])
  func `what can't be computed is an error that names the key`(
    keys: String, expected: InferenceError
  ) throws {
    let configuration = try parsed(keys)
    #expect(throws: expected) {
      _ = try RotaryEmbedding(from: configuration, headSize: 8, contextLength: 256)
      try configuration.requireNothingElse(besides: [])
    }
  }

  @Test func `a head of odd size can't be rotated`() throws {
    let configuration = try parsed(#"{"head_dim": 7}"#)
    #expect(throws: InferenceError.self) {
      try RotaryEmbedding(from: configuration, headSize: 7, contextLength: 256)
    }
  }

  private func parsed(_ text: String) throws -> Configuration {
    guard
      case .object(let keys) = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    else { throw InferenceError.malformedConfiguration }
    return Configuration(keys)
  }
}
