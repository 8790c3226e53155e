// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What `config.json` says of how rotary positions are stretched, from the keys and tensors that
/// llama.cpp has for it.
struct GGUFRotaryScaling {
  private(set) var members: [JSONDocument.Member] = []

  /// - Parameters:
  ///   - factors: the numbers of a tensor, or nil where there is none of that name.
  ///   - rotatedSize: how many numbers of a head are rotated.
  ///   - theta: the base.
  ///   - isStated: whether `config.json` must say so where nothing is stretched.
  /// - Throws: ``GGUFError`` where the scaling is none that is known.
  init(
    _ keys: GGUFArchitectureKeys, factors: (String) throws -> [Float]?, rotatedSize: Int,
    theta: Float, isStated: Bool = false
  ) throws {
    let type = try keys.text("rope.scaling.type") ?? "none"
    let oldFactor = try keys.float("rope.scale_linear")
    let factor = try keys.float("rope.scaling.factor") ?? oldFactor
    let length = try keys.count("rope.scaling.original_context_length")
    func require(_ key: String, _ numbers: [Float]) throws {
      guard numbers.count == rotatedSize / 2, numbers.allSatisfy({ $0.isFinite && $0 > 0 }) else {
        throw keys.wrong(key, expected: "\(rotatedSize / 2) numbers above 0", found: "others")
      }
    }
    if let long = try factors("rope_factors_long.weight"),
      let short = try factors("rope_factors_short.weight")
    {
      try require("rope_factors_long", long)
      try require("rope_factors_short", short)
      if let length { add("original_max_position_embeddings", .integer(length)) }
      scale("longrope", [("short_factor", Self.list(short)), ("long_factor", Self.list(long))])
    } else if let divisors = try factors("rope_freqs.weight") {
      try require("rope_freqs", divisors)
      if divisors.contains(where: { $0 != 1 }) {
        addDivisors(divisors, theta: theta, contextLength: try keys.requiredCount("context_length"))
      }
    } else {
      switch type {
      case "none": if isStated { scale("default", []) }
      case "linear" where factor != nil:
        if let factor, factor != 1 { scale("linear", [("factor", .number(factor))]) }
      case "yarn" where factor != nil:
        var options: [(String, JSONDocument)] = [("factor", .number(factor ?? 1))]
        if let length { options.append(("original_max_position_embeddings", .integer(length))) }
        if isStated { options.append(("truncate", .flag(false))) }
        if let fast = try keys.float("rope.scaling.yarn_beta_fast") {
          options.append(("beta_fast", .number(fast)))
        }
        if let slow = try keys.float("rope.scaling.yarn_beta_slow") {
          options.append(("beta_slow", .number(slow)))
        }
        if let attention = try keys.float("rope.scaling.attn_factor"), let factor {
          let whole = Double(attention) * Self.sharpening(Double(factor))
          options.append(("attention_factor", .number(Float(whole))))
        }
        if let all = try keys.float("rope.scaling.yarn_log_multiplier") {
          // The converter writes a tenth of it, and only where both numbers are the same.
          options += ["mscale", "mscale_all_dim"].map { ($0, .number(10 * all)) }
        }
        scale("yarn", options)
      default: throw keys.wrong("rope.scaling.type", expected: "none, linear or yarn", found: type)
      }
    }
  }

  /// By how much YaRN sharpens attention where positions are stretched by a factor.
  static func sharpening(_ factor: Double, by scale: Double = 1) -> Double {
    factor > 1 ? 0.1 * scale * log(factor) + 1 : 1
  }

  private mutating func add(_ name: String, _ value: JSONDocument) {
    members.append(JSONDocument.Member(name: name, value: value))
  }

  private mutating func scale(_ type: String, _ options: [(String, JSONDocument)]) {
    let all = [("rope_type", JSONDocument.text(type))] + options
    add("rope_scaling", .object(all.map { JSONDocument.Member(name: $0.0, value: $0.1) }))
  }

  private static func list(_ numbers: [Float]) -> JSONDocument {
    .list(numbers.map(JSONDocument.number))
  }

  /// What divides the frequency of each pair: LLaMA 3's rule where it gives these numbers, and else
  /// the numbers themselves, as the rule of long contexts has them.
  private mutating func addDivisors(_ divisors: [Float], theta: Float, contextLength: Int) {
    let factor = divisors.reduce(1, max)
    if Self.isLlama3(divisors, factor: factor, theta: theta) {
      scale(
        "llama3",
        [
          ("factor", .number(factor)), ("low_freq_factor", .number(Self.lowFactor)),
          ("high_freq_factor", .number(Self.highFactor)),
          ("original_max_position_embeddings", .integer(Self.trainedLength)),
        ])
      return
    }
    scale(
      "longrope",
      [
        ("short_factor", Self.list(divisors)), ("long_factor", Self.list(divisors)),
        ("attention_factor", .number(1)),
        ("original_max_position_embeddings", .integer(contextLength)),
      ])
  }

  // What LLaMA 3.1 to 3.3 say; only the factor differs among them.
  private static let lowFactor: Float = 1
  private static let highFactor: Float = 4
  private static let trainedLength = 8192
  /// Rounding of the rule's few operations in fp32.
  private static let tolerance = 1e-5

  private static func isLlama3(_ divisors: [Float], factor: Float, theta: Float) -> Bool {
    let (low, high) = (Double(lowFactor), Double(highFactor))
    return divisors.enumerated().allSatisfy { index, found in
      let frequency = pow(Double(theta), -Double(index) / Double(divisors.count))
      let turns = Double(trainedLength) * frequency / (2 * .pi)
      let expected =
        if turns > high {
          1.0
        } else if turns < low {
          Double(factor)
        } else {
          1 / ((1 - (turns - low) / (high - low)) / Double(factor) + (turns - low) / (high - low))
        }
      return abs(Double(found) - expected) <= tolerance * expected
    }
  }
}
