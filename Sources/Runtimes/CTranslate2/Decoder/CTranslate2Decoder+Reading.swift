// SPDX-License-Identifier: Apache-2.0

import Tensors

extension CTranslate2Decoder {
  /// Reads what a file says of its decoder, with the runtime's defaults.
  ///
  /// - Parameter configuration: the `config.json` beside the file; nil where there is none.
  /// - Throws: ``CTranslate2Error`` where a setting is missing, out of range or none that is known.
  init(_ file: CTranslate2File, configuration: JSONMembers?) throws {
    let layer = "layer_0/"
    func has(_ name: String) -> Bool { file.has(CTranslate2.scope + name) }
    func integer(_ name: String, _ range: ClosedRange<Int>, former: Bool = false) throws -> Int? {
      let found = try file.integer(CTranslate2.scope + name, in: range)
      // In the first revision a few of them had no scope.
      return try found ?? (file.revision < 2 && former ? file.integer(name, in: range) : nil)
    }
    func flag(_ name: String, default: Bool, former: Bool = false) throws -> Bool {
      try integer(name, 0...1, former: former).map { $0 == 1 } ?? `default`
    }
    layerCount =
      (0..<Self.layerLimit).first { index in
        !has("layer_\(index)/self_attention/linear_0/weight")
      } ?? Self.layerLimit
    let output = "\(CTranslate2.scope)\(layer)self_attention/linear_1/weight"
    guard layerCount > 0, let projection = file[output], projection.shape.count == 2,
      projection.elementCount > 0
    else {
      throw CTranslate2Error.variable(
        file: file.file.path, name: output, problem: "is missing or no matrix")
    }
    hiddenSize = projection.rowCount
    headCount = try integer("num_heads", 1...Self.headLimit, former: true) ?? 8
    headSize =
      try integer("\(layer)self_attention/head_dim", 1...Self.headLimit) ?? hiddenSize / headCount
    let sharesOne = try flag("\(layer)self_attention/multi_query", default: false)
    keyValueHeadCount =
      try sharesOne ? 1 : integer("\(layer)self_attention/num_heads_kv", 1...headCount) ?? headCount
    guard headSize > 0, headCount % keyValueHeadCount == 0 else {
      throw CTranslate2Error.variable(
        file: file.file.path, name: "\(CTranslate2.scope)num_heads",
        problem: "does not go with the other sizes")
    }
    let number = try integer("activation", 0...Activation.sigmoid.rawValue, former: true)
    activation = Activation(rawValue: number ?? 0) ?? .relu
    normalizesBefore = try flag("pre_norm", default: true, former: true)
    isGated = has("\(layer)ffn/linear_0_noact/weight")
    normalizesHeads = has("\(layer)self_attention/q_norm/gamma")
    normalizesEmbedding = has("layernorm_embedding/gamma")
    flow =
      if has("\(layer)shared_layer_norm/gamma") {
        .sharedNorm
      } else if has("\(layer)pre_feedforward_layer_norm/gamma") {
        .surrounded
      } else if has("\(layer)input_layer_norm/gamma") {
        .parallel
      } else {
        .sequential
      }
    position = .learned
    finalCap = try file.number("\(CTranslate2.scope)final_logit_softcapping").map { Float($0) }
    window = try integer("sliding_window", 0...Self.lengthLimit)
    layers = Array(repeating: Layer(), count: layerCount)
    norm = try Self.norm(file, module: normNames.dropFirst().first ?? "")
    let given = configuration?["layer_norm_epsilon"].flatMap(Float.init)
    epsilon = given ?? (norm == .layer ? 1e-5 : 1e-6)
    guard epsilon > 0, epsilon.isFinite else {
      throw CTranslate2Error.configuration(
        file: file.file.path, problem: "layer_norm_epsilon beside it is no number above 0")
    }
    scalesEmbedding = try Self.scalesEmbedding(file, hiddenSize: hiddenSize)
    try readPositions(file, isLinear: flag("alibi", default: false))
    for index in layers.indices { try readLayer(index, file) }
  }

  /// No position lies as far as this.
  static let lengthLimit = 1 << 28

  private static func norm(_ file: CTranslate2File, module: String) throws -> Norm {
    let name = CTranslate2.scope + module
    if file.has("\(name)/beta") { return .layer }
    return try file.flag("\(name)/layer_norm_use_residual") ?? false
      ? .rootMeanSquareLessOne : .rootMeanSquare
  }

  /// Whether embeddings are scaled by the root of their width, as they are where nothing is said.
  private static func scalesEmbedding(
    _ file: CTranslate2File, hiddenSize: Int
  ) throws -> Bool {
    for name in ["scale_embeddings", "embeddings/multiply_by_sqrt_depth"] {
      let name = CTranslate2.scope + name
      guard let variable = file[name], let value = try file.number(name) else { continue }
      if variable.type == .int8 { return value != 0 }
      if value == 1 { return false }
      guard Float(value) == Float(hiddenSize).squareRoot() else {
        throw CTranslate2Error.variable(
          file: file.file.path, name: name, problem: "is a factor that no family has")
      }
      return true
    }
    return true
  }

  private mutating func readPositions(_ file: CTranslate2File, isLinear: Bool) throws {
    if isLinear {
      position = .linearBias(
        countsFromStart: try file.flag("\(CTranslate2.scope)alibi_use_positive_positions") ?? true,
        isScaled: try file.flag("\(CTranslate2.scope)scale_alibi") ?? false)
    } else if let rotary = try CTranslate2Rotary(file, layer: 0, headSize: headSize) {
      position = .rotary(rotary)
    } else {
      guard file.has("\(CTranslate2.scope)position_encodings/encodings") else {
        throw CTranslate2Error.unknownFamily(
          file: file.file.path, problem: "its positions are sines, as no family has them")
      }
    }
  }

  private mutating func readLayer(_ index: Int, _ file: CTranslate2File) throws {
    let scope = "\(CTranslate2.scope)layer_\(index)/self_attention/"
    layers[index].window = try file.integer("\(scope)sliding_window", in: 0...Self.lengthLimit)
    if let scale = try file.number("\(scope)queries_scale") {
      let usual = 1 / Float(headSize).squareRoot()
      layers[index].queryScale = Float(scale) == usual ? nil : Float(scale)
    }
    if case .rotary(let common) = position, index > 0 {
      let rotary = try CTranslate2Rotary(file, layer: index, headSize: headSize)
      if let rotary, rotary != common { layers[index].rotary = rotary }
    }
  }
}
