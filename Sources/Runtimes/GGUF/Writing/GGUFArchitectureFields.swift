// SPDX-License-Identifier: Apache-2.0

import Tokenization

/// The metadata of an architecture, made from `config.json` by the settings of its family: the reverse
/// of ``GGUFConfiguration``.
struct GGUFArchitectureFields {
  private(set) var fields: [GGUFField] = []
  /// Tensors that say how positions are stretched.
  private(set) var extras: [GGUFSink.Extra] = []
  /// What is lost, a sentence each.
  private(set) var notes: [String] = []
  let sizes: GGUFSizes
  let vocabularySize: Int
  private let family: GGUFFamily
  private let configuration: GGUFCheckpointConfiguration

  /// - Throws: ``GGUFWritingError`` where something is missing, or llama.cpp computes something else.
  init(_ family: GGUFFamily, _ configuration: GGUFCheckpointConfiguration) throws {
    self.family = family
    var configuration = configuration
    configuration.aliases = family.aliases
    self.configuration = configuration
    sizes = try GGUFSizes(configuration, family: family)
    vocabularySize = try configuration.count("vocab_size") ?? 0
    guard vocabularySize > 0 else { throw GGUFWritingError.missingKey("vocab_size") }
    for setting in family.settings { try add(setting) }
  }

  /// Adds an entry under a key of the architecture.
  mutating func add(_ key: String, _ value: GGUFField.Value) {
    fields.append(GGUFField("\(family.architecture).\(key)", value))
  }

  private mutating func add(_ setting: GGUFSetting) throws {
    switch setting {
    case .count(let key, let name, _, let missing):
      if let count = try configuration.count(name, missing: missing) { add(key, .u32(count)) }
    case .amount(let key, let name, let missing):
      add(key, .u32(try configuration.count(name) ?? missing))
    case .latentHeads: addLatentHeads()
    case .falconKeyHeads(let key, _): add(key, .u32(sizes.keyHeads))
    case .number(let key, let name, _, let missing):
      if let number = try configuration.number(name) ?? missing { add(key, .f32(Float(number))) }
    case .flag(let key, let name, let missing):
      if let flag = try configuration.flag(name) ?? missing { add(key, .flag(flag)) }
    case .window(let key, let name): add(key, .u32(try configuration.count(name) ?? 0))
    case .headSize(let name, _):
      if configuration[name] != nil || sizes.headSize * sizes.heads != sizes.hidden {
        add("attention.key_length", .u32(sizes.headSize))
        add("attention.value_length", .u32(sizes.headSize))
      }
    case .vocabulary(_, let key): if let key { add(key, .u32(vocabularySize)) }
    case .rotary(let name, let otherwise):
      let rotary = try GGUFRotaryFields(
        configuration, baseName: name, otherwise: otherwise, family: family, sizes: sizes)
      for (key, value) in rotary.values { add(key, value) }
      extras += rotary.extras
      notes += rotary.notes
    case .times(let key, let factor, let name):
      add(key, .u32(factor * (try configuration.count(name, missing: .isError) ?? 0)))
    case .localRotary(let name):
      let theta =
        try configuration.number("rope_parameters.sliding_attention.rope_theta")
        ?? configuration.number(name) ?? 10_000
      add("rope.freq_base_swa", .f32(Float(theta)))
    case .windowPeriod(let key, let name, let otherwise, _):
      let period = try windowPeriod(name) ?? otherwise
      if period != otherwise { add(key, .u32(period)) }
    case .rotaryPart(let name, let missing):
      add("rope.dimension_count", .u32(try rotatedSize(name, missing: missing)))
    case .rotarySize: add("rope.dimension_count", .u32(sizes.headSize))
    case .queryScale(let name, let layers): try requireScale(name, layers: layers)
    case .present, .absent, .implied: break
    case .constant(let name, let value, let others):
      try configuration.require(name, [value] + others)
    case .requirement(let name, let values): try configuration.require(name, values)
    case .fixed(let key, let value): add(key, value)
    case .ignoredWindow(let name, let switchName):
      guard try switchName.map({ try configuration.flag($0) ?? false }) ?? true,
        let length = try configuration.count(name), length > 0
      else { break }
      notes.append(
        "a GGUF file of this family has no place for the window of \(length) tokens "
          + "(\(name)): llama.cpp looks back at all tokens, so texts longer than that differ")
    }
  }

  private mutating func addLatentHeads() {
    guard let latent = sizes.latent else { return }
    let values = [
      ("head_count_kv", 1), ("kv_lora_rank", latent.rank),
      ("key_length", latent.rank + sizes.headSize), ("value_length", latent.rank),
      ("key_length_mla", latent.plainSize + sizes.headSize),
      ("value_length_mla", latent.valueSize),
    ]
    for (key, value) in values { add("attention.\(key)", .u32(value)) }
    add("rope.dimension_count", .u32(sizes.headSize))
  }

  /// The size of the part of a head that is rotated, rounded down.
  private func rotatedSize(_ name: String, missing: Double) throws -> Int {
    let part =
      try configuration.number("rope_parameters.partial_rotary_factor")
      ?? configuration.number(name) ?? missing
    guard part > 0, part <= 1 else {
      throw GGUFWritingError.wrongValue(
        key: name, expected: "a part of a head", found: "\(part)")
    }
    return Int(part * Double(sizes.headSize))
  }

  /// Every how many layers one has no window.
  private func windowPeriod(_ name: String) throws -> Int? {
    let named = try configuration.count(name) ?? configuration.count("_" + name)
    guard case .array(let types)? = configuration["layer_types"] else { return named }
    let slides = types.map { type in
      if case .string("full_attention") = type { false } else { true }
    }
    let first = slides.firstIndex(of: false).map { $0 + 1 }
    guard let period = named ?? first,
      slides.enumerated().allSatisfy({ (($0.offset + 1) % period != 0) == $0.element })
    else {
      throw GGUFWritingError.option(
        key: "layer_types", found: "without a period",
        problem: "llama.cpp has a layer without a window every so many layers")
    }
    return period
  }

  private func requireScale(_ name: String, layers: Int) throws {
    let layerCount = try configuration.count("num_hidden_layers") ?? 0
    let scale = layerCount == layers ? sizes.hidden / sizes.heads : sizes.headSize
    let found = try configuration.number(name) ?? 256
    guard found != Double(scale) else { return }
    throw GGUFWritingError.option(
      key: name, found: "\(found)",
      problem: "llama.cpp divides by the root of \(scale) in such a model")
  }
}

extension GGUFField.Value {
  /// A count, which is at most 2^28.
  static func u32(_ count: Int) -> Self { .u32(UInt32(truncatingIfNeeded: count)) }
}

extension GGUFCheckpointConfiguration {
  /// A count above 0, by name or as its absence means; nil where nothing is said.
  func count(_ name: String, missing: GGUFSetting.Missing) throws -> Int? {
    if let count = try count(name) { return count }
    switch missing {
    case .isError: throw GGUFWritingError.missingKey(name)
    case .isSame(let other): return try count(other, missing: .isError)
    case .means(let count): return count
    case .times(let factor, let other):
      return try count(other, missing: .isError).map { factor * $0 }
    case .isNothing: return nil
    }
  }

  /// Checks that a member is absent or one of some values.
  ///
  /// - Throws: ``GGUFWritingError/option(key:found:problem:)``.
  func require(_ name: String, _ values: [JSONDocument]) throws {
    guard let value = self[name], !values.contains(where: { $0.says(value) }) else { return }
    if values.isEmpty {
      throw GGUFWritingError.option(
        key: name, found: value.kind, problem: "llama.cpp has no place for it")
    }
    let known = values.map { String(decoding: $0.data, as: UTF8.self) }.joined(separator: " or ")
    throw GGUFWritingError.option(
      key: name, found: value.kind, problem: "llama.cpp computes this family with \(known) only")
  }
}

extension JSONDocument {
  /// Whether a value that was read says the same; lists and objects never do.
  fileprivate func says(_ value: JSONValue) -> Bool {
    switch (self, value) {
    case (.null, .null): true
    case (.flag(let flag), .bool(let other)): flag == other
    case (.integer(let number), .integer(let other)): number == other
    case (.number(let number), _): value.finiteNumber.map { Float($0) == number } ?? false
    case (.text(let text), .string(let other)): text == other
    default: false
    }
  }
}
