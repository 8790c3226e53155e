// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors
import Tokenization

/// What llama.cpp is told of rotary positions and how they are stretched: the reverse of
/// ``GGUFRotaryScaling``.
///
/// Both layouts of `config.json` are read: `rope_theta` beside `rope_scaling`, and `rope_parameters`
/// with everything inside, for each kind of layer where there are two.
struct GGUFRotaryFields {
  /// Keys without the architecture, and their values.
  private(set) var values: [(key: String, value: GGUFField.Value)] = []
  private(set) var extras: [GGUFSink.Extra] = []
  private(set) var notes: [String] = []

  private let configuration: GGUFCheckpointConfiguration
  private let family: GGUFFamily
  private let sizes: GGUFSizes
  /// The object that has the scaling, with a dot behind it.
  private let place: String
  private let theta: Double

  /// - Throws: ``GGUFWritingError`` where llama.cpp has no such scaling for the family.
  init(
    _ configuration: GGUFCheckpointConfiguration, baseName: String, otherwise: Float,
    family: GGUFFamily, sizes: GGUFSizes
  ) throws {
    self.configuration = configuration
    self.family = family
    self.sizes = sizes
    let inner = configuration["rope_parameters.full_attention"] == nil ? "" : ".full_attention"
    place =
      configuration["rope_scaling"] == nil ? "rope_parameters\(inner)." : "rope_scaling."
    theta =
      try configuration.number("rope_parameters\(inner).rope_theta")
      ?? configuration.number(baseName) ?? Double(otherwise)
    guard theta > 0 else {
      throw GGUFWritingError.wrongValue(
        key: baseName, expected: "a number above 0", found: "\(theta)")
    }
    add("rope.freq_base", .f32(Float(theta)))
    try addScaling()
  }

  private mutating func add(_ key: String, _ value: GGUFField.Value) { values.append((key, value)) }

  private func number(_ name: String) throws -> Double? { try configuration.number(place + name) }

  private func required(_ name: String) throws -> Double {
    guard let number = try number(name), number > 0 else {
      throw GGUFWritingError.missingKey(place + name)
    }
    return number
  }

  /// The length that the model was trained at.
  private func trainedLength() throws -> Int? {
    try configuration.count("original_max_position_embeddings")
      ?? configuration.count(place + "original_max_position_embeddings")
  }

  private mutating func addScaling() throws {
    let type =
      try configuration.text(place + "rope_type") ?? configuration.text(place + "type") ?? "default"
    if family.scalesByFactors { try addTrainedLength() }
    switch type {
    case "default": break
    case "linear":
      add("rope.scaling.type", .text("linear"))
      add("rope.scaling.factor", .f32(Float(try required("factor"))))
    case "yarn": try addYaRN()
    case "llama3" where family.hasFrequencyFactors:
      extras.append(try .init(name: "rope_freqs.weight", numbers: llama3Divisors()))
    case "longrope" where family.scalesByFactors, "su" where family.scalesByFactors:
      try addFactors()
    case "dynamic":
      notes.append(
        "rotary positions are not stretched in the file, for llama.cpp has no dynamic scaling: texts "
          + "longer than the model's context differ")
    default:
      throw GGUFWritingError.option(
        key: place + "rope_type", found: type.quoted,
        problem: "llama.cpp has no such scaling for this family")
    }
  }

  private mutating func addYaRN() throws {
    // llama.cpp reads neither of these for an architecture that is written.
    for (name, usual) in [("beta_fast", 32.0), ("beta_slow", 1.0)] {
      guard let found = try number(name), found != usual else { continue }
      throw GGUFWritingError.option(
        key: place + name, found: "\(found)", problem: "llama.cpp always takes \(usual)")
    }
    let factor = try required("factor")
    add("rope.scaling.type", .text("yarn"))
    add("rope.scaling.factor", .f32(Float(factor)))
    let length = try trainedLength() ?? configuration.count("max_position_embeddings")
    if let length { add("rope.scaling.original_context_length", .u32(length)) }
    let all = try number("mscale_all_dim")
    if let all, sizes.latent != nil {
      // By this factor less than DeepSeek's own rule; llama.cpp's loader multiplies it back.
      add("rope.scaling.yarn_log_multiplier", .f32(Float(0.1 * all)))
    } else if let attention = try number("attention_factor") ?? ratio(factor, all: all) {
      // llama.cpp multiplies by what the rule gives where nothing is said.
      add("rope.scaling.attn_factor", .f32(Float(attention / GGUFRotaryScaling.sharpening(factor))))
    }
  }

  /// By how much attention is sharpened where two numbers say so.
  private func ratio(_ factor: Double, all: Double?) throws -> Double? {
    guard let all, let one = try number("mscale") else { return nil }
    return GGUFRotaryScaling.sharpening(factor, by: one)
      / GGUFRotaryScaling.sharpening(factor, by: all)
  }

  private mutating func addTrainedLength() throws {
    let length = try trainedLength() ?? configuration.count("max_position_embeddings")
    if let length { add("rope.scaling.original_context_length", .u32(length)) }
  }

  /// The factors of a long and of a short context, and by how much attention is sharpened.
  private mutating func addFactors() throws {
    guard let long = try configuration.numbers(place + "long_factor"),
      let short = try configuration.numbers(place + "short_factor")
    else { throw GGUFWritingError.missingKey(place + "long_factor") }
    guard let length = try configuration.count("max_position_embeddings"),
      let trained = try trainedLength(), trained > 1
    else { throw GGUFWritingError.missingKey("original_max_position_embeddings") }
    for (name, factors) in [("long_factor", long), ("short_factor", short)]
    where factors.isEmpty || factors.count > sizes.headSize / 2 {
      throw GGUFWritingError.wrongValue(
        key: place + name, expected: "a number for each pair that is rotated",
        found: "\(factors.count)")
    }
    let scale = Double(length) / Double(trained)
    let sharpening = scale > 1 ? (1 + log(scale) / log(Double(trained))).squareRoot() : 1
    let attention = try number("attention_factor") ?? sharpening
    add("rope.scaling.attn_factor", .f32(Float(attention)))
    extras.append(.init(name: "rope_factors_long.weight", numbers: long))
    extras.append(.init(name: "rope_factors_short.weight", numbers: short))
  }

  /// What divides the frequency of each pair by LLaMA 3's rule, in the arithmetic of llama.cpp's
  /// converter: frequencies and wavelengths in fp32, the rest in fp64.
  private func llama3Divisors() throws -> [Float] {
    let factor = try number("factor") ?? 8
    let (low, high) = (try number("low_freq_factor") ?? 1, try number("high_freq_factor") ?? 4)
    let trained = Double(try trainedLength() ?? 8192)
    guard factor > 0, low > 0, high > low else {
      throw GGUFWritingError.wrongValue(
        key: place + "high_freq_factor", expected: "above low_freq_factor", found: "\(high)")
    }
    return stride(from: 0, to: sizes.headSize, by: 2).map { index in
      let exponent = Float(index) / Float(sizes.headSize)
      let frequency = 1 / powf(Float(theta), exponent)
      let wavelength = Float(2 * Double.pi) / frequency
      if Double(wavelength) < trained / high { return 1 }
      if Double(wavelength) > trained / low { return Float(factor) }
      let smooth = (Float(trained) / wavelength - Float(low)) / Float(high - low)
      return 1 / ((1 - smooth) / Float(factor) + smooth)
    }
  }
}
