// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What a family's rotary keys are called and mean where they are absent.
struct RotaryDefaults {
  var theta = 10_000.0
  var thetaKey = "rope_theta"
  /// The rotated part of a head; nil where the family always rotates all of it.
  var fraction: Double?
  var fractionKey = "partial_rotary_factor"
}

extension RotaryEmbedding {
  /// Reads both layouts of the keys: `rope_theta` beside `rope_scaling`, and `rope_parameters`
  /// with everything inside.
  ///
  /// Where a file has both, `rope_scaling` is read, as in the reference implementation.
  /// - Parameters:
  ///   - headSize: weights per head.
  ///   - contextLength: `max_position_embeddings`.
  /// - Throws: ``InferenceError`` where a key is missing, out of range or not implemented.
  init(
    from configuration: Configuration, headSize: Int, contextLength: Int,
    defaults: RotaryDefaults = RotaryDefaults()
  ) throws {
    var defaults = defaults
    defaults.theta = try configuration.optionalPositive(defaults.thetaKey) ?? defaults.theta
    if let fraction = defaults.fraction {
      defaults.fraction = try configuration.optionalPositive(defaults.fractionKey) ?? fraction
    }
    let parameters = try configuration.section("rope_parameters")
    let options = try configuration.section("rope_scaling") ?? parameters
    let trainedLength = try configuration.optionalCount("original_max_position_embeddings")
    try self.init(
      options: options, of: configuration, headSize: headSize, contextLength: contextLength,
      trainedLength: trainedLength, defaults: defaults)
  }

  /// Reads one object of rotary keys.
  ///
  /// - Parameters:
  ///   - options: the object; nil for none.
  ///   - configuration: what the object belongs to, for messages.
  ///   - trainedLength: what stands beside the object, which wins over what is inside.
  ///   - defaults: for keys that the object lacks.
  init(
    options: Configuration?, of configuration: Configuration, headSize: Int, contextLength: Int,
    trainedLength: Int? = nil, defaults: RotaryDefaults
  ) throws {
    let given = try options?.optionalPositive("partial_rotary_factor")
    if defaults.fraction == nil, given ?? 1 != 1 {
      throw (options ?? configuration).unsupported("partial_rotary_factor")
    }
    size = Int(Double(headSize) * min(given ?? defaults.fraction ?? 1, 1))
    guard size % 2 == 0, size > 0 else {
      throw configuration.invalid(
        defaults.fraction == nil ? "head_dim" : defaults.fractionKey,
        expected: "such that an even part of a head is rotated, not \(size) of \(headSize)")
    }
    theta = try options?.optionalPositive("rope_theta") ?? defaults.theta
    scaling = .none
    self.contextLength = contextLength

    guard let options else { return }
    scaling = try RotaryScaling(
      from: options, contextLength: contextLength, trainedLength: trainedLength, pairs: size / 2)
    self.contextLength = max(contextLength, scaling.coveredLength(beyond: contextLength))
  }
}

extension RotaryScaling {
  /// The scaling that the object `rope_scaling` or `rope_parameters` describes.
  fileprivate init(
    from options: Configuration, contextLength: Int, trainedLength: Int?, pairs: Int
  ) throws {
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
    case "longrope", "su":
      self = .long(
        shortFactors: try options.factors("short_factor", count: pairs),
        longFactors: try options.factors("long_factor", count: pairs),
        trainedLength: trainedLength,
        amplitude: try options.longAmplitude(
          contextLength: contextLength, trainedLength: trainedLength))
    default:
      throw options.unsupported(name == nil ? "type" : "rope_type")
    }
  }

  /// How many positions the scaled frequencies are meant for, given `max_position_embeddings`,
  /// which some files leave at the length before scaling.
  fileprivate func coveredLength(beyond contextLength: Int) -> Int {
    let length =
      switch self {
      case .none, .llama3, .long: 0.0
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

  /// One factor above 0 for each pair.
  fileprivate func factors(_ key: String, count: Int) throws -> [Double] {
    let factors: [Double] = try required(key)
    guard factors.count == count, factors.allSatisfy({ $0 > 0 && $0.isFinite }) else {
      throw invalid(key, expected: "a list of \(count) numbers above 0")
    }
    return factors
  }

  /// `attention_factor`, or what follows from how far the context is stretched.
  fileprivate func longAmplitude(contextLength: Int, trainedLength: Int) throws -> Double {
    let given: Double? = try optionalFinite("attention_factor")
    let factor =
      try optionalPositive("factor") ?? Double(contextLength) / Double(trainedLength)
    if let given { return given }
    guard factor > 1, trainedLength > 1 else { return 1 }
    return (1 + log(factor) / log(Double(trainedLength))).squareRoot()
  }
}
