// SPDX-License-Identifier: Apache-2.0

import Tensors

/// `config.json`, made from a file's metadata by the settings of its family.
struct GGUFConfiguration {
  private(set) var document: JSONDocument = .object([])
  private let model: GGUFModel
  private let keys: GGUFArchitectureKeys
  private let sizes: GGUFSizes
  private var members: [JSONDocument.Member] = []

  /// - Throws: ``GGUFError`` where the architecture is none that is known, or the file has a tensor or
  ///   a key of the architecture that is not understood.
  init(of model: GGUFModel) throws {
    let path = model.files[0].file.path
    guard let translation = model.translation else {
      throw GGUFError.unmappedArchitecture(
        file: path, architecture: model.architecture,
        known: GGUFFamily.readArchitectures)
    }
    if let unknown = translation.unknown {
      throw GGUFError.notUnderstood(
        file: unknown.file, architecture: model.architecture, place: .tensor(unknown.tensor))
    }
    self.model = model
    sizes = translation.sizes
    keys = GGUFArchitectureKeys(model.files[0].metadata, architecture: model.architecture)
    keys.ignore(["attention.key_length", "attention.value_length"])
    add("model_type", .text(translation.family.modelType))
    let hasPart = translation.family.settings.contains { setting in
      if case .rotaryPart = setting { true } else { false }
    }
    for setting in translation.family.settings { try add(setting, isPartlyRotated: hasPart) }
    try keys.requireNothingElse()
    for (key, name) in GGUFTokenizer.idNames {
      if let id = try model.files[0].metadata.integer(key, in: 0...1 << 28) {
        add(name, .integer(id))
      }
    }
    document = .object(members)
  }

  /// Adds a member; one whose name has a dot goes into an object of its own.
  private mutating func add(_ name: String, _ value: JSONDocument) {
    guard let dot = name.firstIndex(of: ".") else {
      members.append(JSONDocument.Member(name: name, value: value))
      return
    }
    let outer = String(name[..<dot])
    let member = JSONDocument.Member(name: String(name[name.index(after: dot)...]), value: value)
    if let place = members.firstIndex(where: { $0.name == outer }),
      case .object(let inner) = members[place].value
    {
      members[place].value = .object(inner + [member])
    } else {
      members.append(JSONDocument.Member(name: outer, value: .object([member])))
    }
  }

  private mutating func add(_ setting: GGUFSetting, isPartlyRotated: Bool) throws {
    switch setting {
    case .count(let key, let name, .isNull, _):
      add(name, try keys.count(key).map(JSONDocument.integer) ?? .null)
    case .count(let key, let name, let absent, _):
      add(name, .integer(try keys.count(key) ?? value(absent, key: key)))
    case .amount(let key, let name, _):
      if let amount = try keys.number(key) { add(name, .integer(amount)) }
    case .latentHeads: try addLatentHeads()
    case .falconKeyHeads(let key, let name):
      add(name, .integer(try keys.count(key) ?? sizes.heads))
    case .number(let key, let name, let otherwise, _):
      if let number = try keys.float(key) ?? otherwise { add(name, .number(number)) }
    case .flag(let key, let name, _):
      if let flag = try keys.flag(key) { add(name, .flag(flag)) }
    case .window(let key, let name):
      let length = try keys.number(key) ?? 0
      add(name, length == 0 ? .null : .integer(length))
    case .headSize(let name, _): add(name, .integer(sizes.headSize))
    case .vocabulary(let name, _): add(name, .integer(try vocabularySize()))
    case .rotary(let name, let otherwise):
      if !isPartlyRotated, try rotatedSize() != sizes.headSize {
        throw keys.wrong(
          "rope.dimension_count", expected: "\(sizes.headSize)", found: "\(try rotatedSize())")
      }
      add(name, .number(try keys.float("rope.freq_base") ?? otherwise))
      members += try GGUFRotaryScaling(
        keys, factors: { try tensor($0) }, rotatedSize: rotatedSize(),
        theta: keys.float("rope.freq_base") ?? otherwise, isStated: stretchesUnasked
      ).members
    case .localRotary(let name):
      add(name, .number(try keys.float("rope.freq_base_swa") ?? 10_000))
    case .windowPeriod(let key, let name, let otherwise, let namesLayers):
      let period = try keys.count(key) ?? otherwise
      if namesLayers { try addLayers(period) } else { add(name, .integer(period)) }
    case .rotaryPart(let name, _): add(name, .number(try rotatedPart()))
    case .queryScale(let name, let layers):
      let isWide = try keys.requiredCount("block_count") == layers
      add(name, .integer(isWide ? sizes.hidden / sizes.heads : sizes.headSize))
    case .present(let tensor, let name): add(name, .flag(has(tensor)))
    case .absent(let tensor, let name): add(name, .flag(!has(tensor)))
    case .constant(let name, let value, _): add(name, value)
    case .implied(let implied): keys.ignore(implied)
    case .fixed(let key, _), .times(let key, _, _): keys.ignore([key])
    case .requirement, .rotarySize, .ignoredWindow: break
    }
  }

  private func value(_ absent: GGUFSetting.Absent, key: String) throws -> Int {
    switch absent {
    case .isError: try keys.requiredCount(key)
    case .isSame(let other): try keys.requiredCount(other)
    case .means(let value): value
    case .isNull: 0
    }
  }

  /// Adds which layers look back through a window: all but each `period`-th.
  private mutating func addLayers(_ period: Int) throws {
    let count = try keys.requiredCount("block_count")
    // So that a few bytes can't ask for a long list: a layer has tensors.
    guard count <= model.tensors.count else {
      throw keys.wrong(
        "block_count", expected: "at most \(model.tensors.count)", found: "\(count)")
    }
    add(
      "layer_types",
      .list((1...count).map { .text($0 % period == 0 ? "full_attention" : "sliding_attention") }))
  }

  private var stretchesUnasked: Bool { model.translation?.family.stretchesUnasked ?? false }

  private mutating func addLatentHeads() throws {
    guard let latent = sizes.latent else {
      throw GGUFError.missingKey(
        file: model.path, key: keys.fullKey("attention.key_length_mla"))
    }
    keys.ignore([
      "attention.head_count_kv", "attention.kv_lora_rank", "attention.key_length_mla",
      "attention.value_length_mla", "rope.dimension_count",
    ])
    add("kv_lora_rank", .integer(latent.rank))
    add("qk_rope_head_dim", .integer(sizes.headSize))
    add("qk_nope_head_dim", .integer(latent.plainSize))
    add("v_head_dim", .integer(latent.valueSize))
  }

  private func rotatedSize() throws -> Int {
    try keys.count("rope.dimension_count") ?? sizes.headSize
  }

  /// The least fp32 number by which a head's size becomes the rotated size, rounded down.
  private func rotatedPart() throws -> Float {
    let (size, head) = (try rotatedSize(), sizes.headSize)
    guard size <= head else {
      throw keys.wrong("rope.dimension_count", expected: "at most \(head)", found: "\(size)")
    }
    let part = Float(size) / Float(head)
    let read = Double("\(part)") ?? Double(part)
    return Int(Double(head) * read) < size ? part.nextUp : part
  }

  private func vocabularySize() throws -> Int {
    let name = "token_embd.weight"
    let shape = model.files.lazy.flatMap(\.tensors).first { $0.name == name }?.shape
    guard let shape, shape.count == 2 else {
      throw GGUFError.unexpectedShape(
        file: model.path, tensor: name, expected: "a row for each token", found: shape ?? [])
    }
    return shape[0]
  }

  private func has(_ name: String) -> Bool {
    model.files.contains { $0.tensors.contains { $0.name == name } }
  }

  /// The numbers of a small tensor, or nil where there is none of that name.
  private func tensor(_ name: String) throws -> [Float]? {
    for file in model.files {
      guard let tensor = file.tensors.first(where: { $0.name == name }) else { continue }
      let count = tensor.elementCount
      guard tensor.shape.count == 1, count <= 1 << 16 else {
        throw GGUFError.unexpectedShape(
          file: file.file.path, tensor: name, expected: "a number for each pair of a head",
          found: tensor.shape)
      }
      return try file.file.withBytes(in: tensor.byteRange) { bytes in
        [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
          GGUFWeights(bytes: bytes, type: tensor.type).read(
            0..<count, into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
          initialized = count
        }
      }
    }
    return nil
  }
}
