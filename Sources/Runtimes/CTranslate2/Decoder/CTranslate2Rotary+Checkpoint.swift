// SPDX-License-Identifier: Apache-2.0

import Foundation

extension CTranslate2Rotary {
  /// What a family's rotary keys are called and mean where they are absent.
  struct Defaults {
    var theta = 10_000.0
    var thetaKey = "rope_theta"
    /// The rotated part of a head; nil where the family rotates all of it.
    var fraction: Double?
    var fractionKey = "partial_rotary_factor"
    /// The value of `max_position_embeddings`.
    var length = 2048
  }

  /// As many positions as the runtime computes at first; beyond, it chooses factors anew.
  private static let firstPositionCount = 2048
  /// How far the amplitude that the runtime computes may be from the one that is asked for: rounding.
  private static let amplitudeTolerance = 1e-6

  /// Reads both layouts of the keys: `rope_theta` beside `rope_scaling`, and `rope_parameters` with
  /// everything inside.
  ///
  /// - Parameter options: the object to read instead of these; nil in it for none.
  /// - Throws: ``RuntimeError/configuration(problem:)`` where the runtime has no such positions.
  init(
    _ keys: CheckpointKeys, headSize: Int, defaults: Defaults = Defaults(),
    options given: CheckpointKeys?? = nil
  ) throws {
    let own = try keys.section("rope_scaling") ?? keys.section("rope_parameters")
    let options = given ?? own
    base = Float(
      try options?.positive("rope_theta") ?? keys.positive(defaults.thetaKey) ?? defaults.theta)
    let inner = try options?.positive("partial_rotary_factor")
    if let fraction = defaults.fraction {
      let part = try inner ?? keys.positive(defaults.fractionKey) ?? fraction
      let rotated = Int(Double(headSize) * min(part, 1))
      guard rotated > 0, rotated % 2 == 0 else {
        throw keys.invalid(defaults.fractionKey, "does not rotate an even part of a head")
      }
      size = rotated == headSize ? 0 : rotated
    } else if let inner, inner != 1 {
      throw keys.invalid("partial_rotary_factor", "the family does not have")
    }
    guard let options else { return }
    let length = try keys.count("max_position_embeddings") ?? defaults.length
    let trained =
      try keys.count("original_max_position_embeddings")
      ?? options.count("original_max_position_embeddings") ?? length
    switch try options.text("rope_type") ?? options.text("type") ?? "default" {
    case "default": break
    case "linear": scaling = .linear(factor: Float(try options.requiredPositive("factor")))
    case "llama3":
      scaling = .llama3(
        factor: Float(try options.requiredPositive("factor")),
        lowFactor: Float(try options.requiredPositive("low_freq_factor")),
        highFactor: Float(try options.requiredPositive("high_freq_factor")),
        trainedLength: trained)
    case "longrope", "su":
      scaling = try Self.long(options, keys, trained: trained, length: length)
    default: throw options.unsupported("rope_type")
    }
  }

  private static func long(
    _ options: CheckpointKeys, _ keys: CheckpointKeys, trained: Int, length: Int
  ) throws -> Scaling {
    guard let short = try options.numbers("short_factor"),
      let long = try options.numbers("long_factor"), short.count == long.count
    else { throw options.invalid("short_factor", "does not go with \"long_factor\"") }
    guard trained >= firstPositionCount || short == long else {
      // It would take the long factors from the first token on.
      throw keys.unsupported("original_max_position_embeddings")
    }
    let factor = try options.positive("factor") ?? Double(length) / Double(trained)
    func amplitude(_ factor: Double) -> Double {
      factor <= 1 ? 1 : (1 + log(factor) / log(Double(trained))).squareRoot()
    }
    let wanted = try options.number("attention_factor") ?? amplitude(factor)
    // The runtime divides whole numbers.
    guard abs(wanted - amplitude(Double(length / trained))) <= amplitudeTolerance else {
      throw keys.unsupported("rope_scaling")
    }
    return .long(
      shortFactors: short.map { Float($0) }, longFactors: long.map { Float($0) },
      trainedLength: trained, length: length)
  }
}
