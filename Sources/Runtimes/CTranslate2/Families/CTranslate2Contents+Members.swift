// SPDX-License-Identifier: Apache-2.0

/// The parts of a `config.json` that families share.
extension CTranslate2Contents {
  typealias Member = JSONDocument.Member

  /// The sizes under the names that most families have.
  func sizes(_ modelType: String) -> [Member] {
    [
      Member("model_type", .text(modelType)), Member("hidden_size", .integer(decoder.hiddenSize)),
      Member("num_hidden_layers", .integer(decoder.layerCount)),
      Member("num_attention_heads", .integer(decoder.headCount)),
    ]
  }

  /// What comes with LLaMA's names.
  func llama(_ modelType: String) -> [Member] {
    sizes(modelType) + [
      Member("intermediate_size", .integer(rowCount("ffn/linear_0"))),
      Member("num_key_value_heads", .integer(decoder.keyValueHeadCount)),
      Member("head_dim", .integer(decoder.headSize)),
      Member("rms_norm_eps", .number(decoder.epsilon)),
      Member("max_position_embeddings", .integer(length)),
    ] + rotary()
  }

  /// The activation under a key; none where no family has it.
  func activation(_ key: String) -> [Member] {
    decoder.activation.name.map { [Member(key, .text($0))] } ?? []
  }

  /// Whether queries, keys and values have biases.
  var attentionBias: Member {
    Member("attention_bias", .flag(hasBias("self_attention/linear_0")))
  }

  /// One window for all layers, or none.
  var window: Member {
    Member("sliding_window", decoder.window.map { $0 > 0 ? .integer($0) : .null } ?? .null)
  }

  /// How long a text may be: what the file says, or much, since the runtime knows no limit.
  var length: Int {
    statedLength ?? Self.unknownLength
  }

  /// The length that rotary positions come with; nil where they come without.
  var statedLength: Int? {
    guard case .rotary(let rotary) = decoder.position else { return nil }
    if case .long(_, _, _, let length) = rotary.scaling { return length }
    return rotary.length
  }

  private static let unknownLength = 131_072

  /// The rows of the table of positions.
  var positionCount: Int {
    file["\(CTranslate2.scope)position_encodings/encodings"]?.rowCount ?? 0
  }

  /// Base and scaling of rotary positions.
  ///
  /// - Parameter theta: the key of the base.
  func rotary(_ theta: String = "rope_theta") -> [Member] {
    guard case .rotary(let rotary) = decoder.position else { return [] }
    return self.rotary(of: rotary, theta)
  }

  func rotary(of rotary: CTranslate2Rotary, _ theta: String = "rope_theta") -> [Member] {
    var members = [Member(theta, .number(rotary.base))]
    switch rotary.scaling {
    case .none: break
    case .linear(let factor): members.append(scaling("linear", [("factor", .number(factor))]))
    case .llama3(let factor, let low, let high, let trained):
      members.append(
        scaling(
          "llama3",
          [
            ("factor", .number(factor)), ("low_freq_factor", .number(low)),
            ("high_freq_factor", .number(high)),
            ("original_max_position_embeddings", .integer(trained)),
          ]))
    case .long(let short, let long, let trained, _):
      members.append(Member("original_max_position_embeddings", .integer(trained)))
      members.append(
        scaling(
          "longrope",
          [
            ("short_factor", .list(short.map(JSONDocument.number))),
            ("long_factor", .list(long.map(JSONDocument.number))),
          ]))
    }
    return members
  }

  private func scaling(_ type: String, _ options: [(String, JSONDocument)]) -> Member {
    Member(
      "rope_scaling",
      .object([Member("rope_type", .text(type))] + options.map { Member($0.0, $0.1) }))
  }

  /// The rotated part of a head under a key; the least fp32 number that gives it.
  func rotatedPart(_ key: String = "partial_rotary_factor") -> [Member] {
    guard case .rotary(let rotary) = decoder.position, rotary.size > 0 else {
      return [Member(key, .number(1))]
    }
    let part = Float(rotary.size) / Float(decoder.headSize)
    let read = Double("\(part)") ?? Double(part)
    let isEnough = Int(Double(decoder.headSize) * read) >= rotary.size
    return [Member(key, .number(isEnough ? part : part.nextUp))]
  }

  /// Whether whole heads are rotated.
  var rotatesAll: Bool {
    guard case .rotary(let rotary) = decoder.position else { return false }
    return rotary.size == 0 || rotary.size == decoder.headSize
  }

  /// Whether scores are scaled in the usual way in all layers.
  var hasPlainScores: Bool { decoder.layers.allSatisfy { $0.queryScale == nil } }

  /// Whether all layers look back as far as the decoder says.
  var hasOneWindow: Bool {
    decoder.layers.allSatisfy { $0.window ?? 0 == decoder.window ?? 0 && $0.rotary == nil }
  }

  /// Whether only what every family has is there: no cap, no norm of embeddings or heads, no windows that
  /// differ.
  var isPlain: Bool {
    decoder.finalCap == nil && !decoder.normalizesEmbedding && !decoder.scalesEmbedding
      && !decoder.normalizesHeads && hasPlainScores && hasOneWindow && decoder.normalizesBefore
  }
}

extension JSONDocument.Member {
  init(_ name: String, _ value: JSONDocument) { self.init(name: name, value: value) }
}
