// SPDX-License-Identifier: Apache-2.0

extension CTranslate2Decoder {
  /// What the sizes are called in a `config.json`, and what absent ones mean.
  struct SizeKeys {
    var hidden = "hidden_size"
    var formerHidden = "n_embed"
    var layers = "num_hidden_layers"
    var formerLayers = "n_layer"
    var heads = "num_attention_heads"
    var formerHeads = "n_head"
    /// Nil where each head has a key and a value of its own.
    var keyValueHeads: String? = "num_key_value_heads"
    /// What an absent key means; nil: as many as heads.
    var defaultKeyValueHeads: Int?
    /// Nil where heads are equal parts of the hidden state.
    var headSize: String? = "head_dim"
    var defaultHeadSize: Int?

    static let plain = SizeKeys(keyValueHeads: nil, headSize: nil)
  }

  /// Reads the sizes that every family has.
  ///
  /// - Throws: ``RuntimeError/configuration(problem:)`` where one is missing or does not divide as it
  ///   must.
  init(
    _ keys: CheckpointKeys, sizes: SizeKeys, activation: Activation, position: Position
  ) throws {
    layerCount = try keys.requiredCount(sizes.layers, sizes.formerLayers)
    hiddenSize = try keys.requiredCount(sizes.hidden, sizes.formerHidden)
    headCount = try keys.requiredCount(sizes.heads, sizes.formerHeads)
    keyValueHeadCount = headCount
    if let key = sizes.keyValueHeads {
      let absent = keys.lacks(key) ? sizes.defaultKeyValueHeads : nil
      keyValueHeadCount = try keys.count(key) ?? absent ?? headCount
    }
    guard layerCount <= Self.layerLimit, headCount <= Self.headLimit,
      headCount % keyValueHeadCount == 0
    else { throw keys.invalid(sizes.heads, "does not go with the other sizes") }
    if let key = sizes.headSize, let size = try keys.count(key) {
      headSize = size
    } else if let key = sizes.headSize, keys.lacks(key), let size = sizes.defaultHeadSize {
      headSize = size
    } else {
      guard hiddenSize % headCount == 0 else {
        throw keys.invalid(sizes.hidden, "is no multiple of the number of heads")
      }
      headSize = hiddenSize / headCount
    }
    guard headSize <= Self.headLimit else { throw keys.invalid("head_dim", "is too large") }
    self.activation = activation
    self.position = position
    layers = Array(repeating: Layer(), count: layerCount)
  }

  /// More layers than any model has, and more heads or numbers of one.
  static let layerLimit = 10_000
  static let headLimit = 1 << 15
}

extension CTranslate2Decoder.Activation {
  /// The activation that a key names.
  ///
  /// - Throws: ``RuntimeError/configuration(problem:)`` where the runtime has none such.
  init(_ keys: CheckpointKeys, _ key: String, default: String) throws {
    switch try keys.text(key) ?? `default` {
    case "silu", "swish": self = .swish
    case "gelu", "gelu_python": self = .gelu
    case "gelu_new", "gelu_pytorch_tanh", "gelu_python_tanh", "gelu_fast": self = .geluTanh
    case "quick_gelu": self = .geluSigmoid
    case "relu": self = .relu
    default: throw keys.unsupported(key)
    }
  }

  /// What a `config.json` calls it; nil where no family does.
  var name: String? {
    switch self {
    case .relu: "relu"
    case .geluTanh: "gelu_pytorch_tanh"
    case .swish: "silu"
    case .gelu: "gelu"
    case .geluSigmoid: "quick_gelu"
    case .tanh, .sigmoid: nil
    }
  }
}

extension CTranslate2Decoder {
  /// Gives all layers one window, as `key` says; null means none.
  ///
  /// - Parameter default: what an absent key means.
  mutating func readWindow(_ keys: CheckpointKeys, default: Int?) throws {
    let given = try keys.count("sliding_window")
    guard let length = keys.lacks("sliding_window") ? `default` : given else { return }
    window = length
    for index in layers.indices { layers[index].window = length }
  }

  /// Gives some layers a window: those that `layer_types` names, or else those for which `slides`
  /// holds.
  ///
  /// The decoder as a whole gets none, since the runtime would then cut prompts for all layers.
  mutating func readWindows(
    _ keys: CheckpointKeys, default: Int, slides: (Int) -> Bool
  ) throws {
    let given = try keys.count("sliding_window")
    guard let length = keys.lacks("sliding_window") ? `default` : given else { return }
    let types = try keys.texts("layer_types")
    if let types, types.count != layerCount {
      throw keys.invalid("layer_types", "does not name a type for each layer")
    }
    for index in layers.indices {
      let isSliding = try types.map { types in
        switch types[index] {
        case "sliding_attention": true
        case "full_attention": false
        default: throw keys.unsupported("layer_types")
        }
      }
      layers[index].window = isSliding ?? slides(index) ? length : 0
    }
  }
}
