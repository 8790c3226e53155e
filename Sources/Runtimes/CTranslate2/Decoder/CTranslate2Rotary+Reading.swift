// SPDX-License-Identifier: Apache-2.0

import Tensors

extension CTranslate2Rotary {
  /// Reads the rotary positions of a layer; nil where it has none.
  ///
  /// - Throws: ``CTranslate2Error`` where they are none that a checkpoint can have.
  init?(_ file: CTranslate2File, layer: Int, headSize: Int) throws {
    let scope = "\(CTranslate2.scope)layer_\(layer)/self_attention/"
    func integer(_ name: String) throws -> Int? {
      try file.integer(scope + name, in: 0...CTranslate2Decoder.lengthLimit)
    }
    func refusal(_ name: String, _ problem: String) -> CTranslate2Error {
      .variable(file: file.file.path, name: scope + name, problem: problem)
    }
    func positive(_ name: String) throws -> Float? {
      guard let number = try file.number(scope + name) else { return nil }
      guard number > 0 else { throw refusal(name, "is not above 0") }
      return Float(number)
    }
    guard let size = try file.integer("\(scope)rotary_dim", in: -1...headSize), size >= 0 else {
      return nil
    }
    guard try file.flag("\(scope)rotary_interleave") ?? true == false else {
      throw refusal("rotary_interleave", "pairs neighbours, as no family that is known does")
    }
    guard (size == 0 ? headSize : size) % 2 == 0 else { throw refusal("rotary_dim", "is odd") }
    self.size = size
    base = try positive("rotary_base") ?? 10_000
    let factor = try positive("rotary_scaling_factor") ?? 1
    let trained = try integer("original_max_position_embeddings") ?? 0
    let length = try integer("max_position_embeddings") ?? 0
    switch try file.integer("\(scope)rotary_scaling_type", in: -1...2) ?? -1 {
    case 0: scaling = .linear(factor: factor)
    case 1:
      let count = (size == 0 ? headSize : size) / 2
      guard let short = try file.numbers("\(scope)rotary_scaling_short_factor", count: count),
        let long = try file.numbers("\(scope)rotary_scaling_long_factor", count: count),
        (short + long).allSatisfy({ $0 > 0 }), trained > 0, length > 0
      else { throw refusal("rotary_scaling_type", "lacks its factors or lengths") }
      scaling = .long(
        shortFactors: short.map { Float($0) }, longFactors: long.map { Float($0) },
        trainedLength: trained, length: length)
    case 2:
      // Without a length, as the runtime's own converter leaves it, all waves are longer than it, and a
      // factor of 1 does nothing to them.
      guard trained > 0 || factor == 1 else {
        throw refusal("rotary_scaling_type", "lacks the length that its factor belongs to")
      }
      guard factor != 1 else { break }
      scaling = .llama3(
        factor: factor, lowFactor: try positive("rotary_low_freq_factor") ?? 1,
        highFactor: try positive("rotary_high_freq_factor") ?? 4, trainedLength: trained)
    default:
      guard trained == 0 || length / trained <= 1 else {
        throw refusal(
          "max_position_embeddings", "amplifies positions, as no family without factors does")
      }
      if trained > 0, length > 0 { self.length = length }
    }
  }
}
