// SPDX-License-Identifier: Apache-2.0

import Foundation

extension RotaryEmbedding {
  /// Reads both layouts of the keys: `rope_theta` beside `rope_scaling`, and `rope_parameters`
  /// with everything inside.
  ///
  /// Where a file has both, `rope_scaling` is read, as in the reference implementation.
  /// - Parameters:
  ///   - headSize: weights per head, all of them rotated.
  ///   - contextLength: `max_position_embeddings`.
  /// - Throws: ``InferenceError`` where a key is missing, out of range or not implemented.
  init(from configuration: Configuration, headSize: Int, contextLength: Int) throws {
    guard headSize % 2 == 0 else {
      throw configuration.invalid("head_dim", expected: "even, for rotary position embedding")
    }
    let theta = try configuration.optionalPositive("rope_theta")
    let parameters = try configuration.section("rope_parameters")
    let options = try configuration.section("rope_scaling") ?? parameters
    let trainedLength = try configuration.optionalCount("original_max_position_embeddings")

    size = headSize
    self.theta = try options?.optionalPositive("rope_theta") ?? theta ?? 10_000
    scaling = .none
    self.contextLength = contextLength

    guard let options else { return }
    try options.requireWholeHead()
    scaling = try RotaryScaling(
      from: options, contextLength: contextLength, trainedLength: trainedLength)
    self.contextLength = max(contextLength, scaling.coveredLength(beyond: contextLength))
  }
}

extension Configuration {
  /// Refuses to rotate only a part of each head.
  fileprivate func requireWholeHead() throws {
    let factor = try optionalPositive("partial_rotary_factor") ?? 1
    guard factor == 1 else { throw unsupported("partial_rotary_factor") }
  }
}

extension RotaryScaling {
  /// The scaling that the object `rope_scaling` or `rope_parameters` describes.
  fileprivate init(from options: Configuration, contextLength: Int, trainedLength: Int?) throws {
    let legacyName: String? = try options.optional("type")
    let name: String? = try options.optional("rope_type")
    // A length beside the object wins over one inside, as in the reference implementation.
    let innerLength = try options.optionalCount("original_max_position_embeddings")
    let trainedLength = trainedLength ?? innerLength ?? contextLength

    switch name ?? legacyName ?? "default" {
    case "default":
      self = .none
    case "linear":
      self = .linear(factor: try options.positive("factor"))
    case "dynamic":
      self = .dynamic(factor: try options.positive("factor"), trainedLength: contextLength)
    case "llama3":
      self = .llama3(
        factor: try options.positive("factor"),
        lowFrequencyFactor: try options.positive("low_freq_factor"),
        highFrequencyFactor: try options.positive("high_freq_factor"),
        trainedLength: trainedLength)
    case "yarn":
      let factor =
        try options.optionalPositive("factor") ?? Double(contextLength) / Double(trainedLength)
      self = .yarn(
        factor: factor,
        fastRotations: try options.optionalPositive("beta_fast") ?? 32,
        slowRotations: try options.optionalPositive("beta_slow") ?? 1,
        truncated: try options.optional("truncate") ?? true,
        trainedLength: trainedLength,
        amplitude: try options.yarnAmplitude(factor: factor))
    default:
      throw options.unsupported(name == nil ? "type" : "rope_type")
    }
  }

  /// How many positions the scaled frequencies are meant for, given `max_position_embeddings`,
  /// which some files leave at the length before scaling.
  fileprivate func coveredLength(beyond contextLength: Int) -> Int {
    let length =
      switch self {
      case .none, .llama3: 0.0
      case .linear(let factor), .dynamic(let factor, _): factor * Double(contextLength)
      case .yarn(let factor, _, _, _, let trainedLength, _): factor * Double(trainedLength)
      }
    return Int(min(length, Double(1 << 28)))
  }
}

extension Configuration {
  /// `attention_factor`, or what follows from the factor and the two `mscale` keys.
  fileprivate func yarnAmplitude(factor: Double) throws -> Double {
    func amplitude(_ weight: Double) -> Double {
      factor <= 1 ? 1 : 0.1 * weight * log(factor) + 1
    }
    let given: Double? = try optional("attention_factor")
    let scale: Double = try optional("mscale") ?? 0
    let scaleOfAll: Double = try optional("mscale_all_dim") ?? 0
    if let given { return given }
    guard scale != 0, scaleOfAll != 0 else { return amplitude(1) }
    return amplitude(scale) / amplitude(scaleOfAll)
  }
}
