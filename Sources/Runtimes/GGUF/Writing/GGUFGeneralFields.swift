// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors
import Tokenization

/// The metadata that every architecture has: what the model is called and how it is quantized.
struct GGUFGeneralFields {
  private let architecture: String
  private let name: String
  private let sampling: [GGUFField]

  /// The version of llama.cpp's block types.
  private static let quantizationVersion: UInt32 = 2

  /// - Throws: `TokenizationError` where `generation_config.json` is malformed.
  init(_ model: GGUFCheckpoint, source: any ModelSource) throws {
    architecture = model.family.architecture
    let file = FilePath.name(of: source.path)
    let ending = [".gguf", ".tone", ".safetensors"].first(where: file.hasSuffix) ?? ""
    let folder = String(file.dropLast(ending.count))
    name = Self.title(
      of: try model.configuration.text("_name_or_path").flatMap(Self.modelName) ?? folder)
    sampling =
      try source.asset("generation_config.json").map {
        Self.sampling(try JSONReader.read($0, path: "\(source.path)/generation_config.json"))
      } ?? []
  }

  /// All entries, given the tensors of the file.
  ///
  /// - Parameter fileType: llama.cpp's number for a mixture; nil to tell it from the tensors.
  func fields(of tensors: [GGUFHeader.Tensor], fileType: UInt32?) -> [GGUFField] {
    [
      GGUFField("general.architecture", .text(architecture)),
      GGUFField("general.type", .text("model")),
    ] + sampling + [
      GGUFField("general.name", .text(name)),
      GGUFField("general.size_label", .text(Self.sizeLabel(of: tensors))),
      GGUFField("general.file_type", .u32(fileType ?? GGUFFileType.number(of: tensors))),
      GGUFField("general.quantization_version", .u32(Self.quantizationVersion)),
    ]
  }

  /// The model's part of an identifier `organization/model`; nil for a path.
  private static func modelName(of identifier: String) -> String? {
    let parts = identifier.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let last = parts.last, !last.isEmpty, parts[0] != ".", parts[0] != ".."
    else { return nil }
    return String(last)
  }

  /// An identifier as a title: words apart, and those of small letters capitalized.
  ///
  /// `phi3` becomes two words too: in a name with it llama.cpp takes the model for Microsoft's, and does not
  /// load a vocabulary without that one's special tokens.
  static func title(of identifier: String) -> String {
    let words = identifier.replacing(/phi3/.ignoresCase()) { "\($0.output.dropLast()) 3" }
      .split { $0 == "-" || $0 == " " }
    return words.map { word in
      let hasLetters = word.contains { $0.isLowercase }
      let isVersion = word.first?.isNumber ?? false || word.wholeMatch(of: /v\d+(\.\d+)*/) != nil
      return hasLetters && word == word.lowercased() && !isVersion
        ? word.capitalized : String(word)
    }.joined(separator: " ")
  }

  /// The number of weights in a few digits: `8.0B`, `8x7B` where there are experts.
  private static func sizeLabel(of tensors: [GGUFHeader.Tensor]) -> String {
    var (shared, expert, all) = (0, 0, 0)
    var (stacks, experts) = (0, 0)
    for tensor in tensors {
      let count = tensor.shape.reduce(1, *)
      all += count
      if tensor.name.contains("_exps."), tensor.shape.count > 2 {
        experts += tensor.shape[0]
        stacks += 1
        expert += count / max(1, tensor.shape[0])
      } else {
        shared += count
      }
    }
    guard stacks > 0 else { return rounded(all) }
    return "\(experts / stacks)x\(rounded(shared + expert))"
  }

  private static func rounded(_ count: Int) -> String {
    let (scale, suffix): (Double, String) =
      switch count {
      case 1_000_000_000_001...: (1e-12, "T")
      case 1_000_000_001...: (1e-9, "B")
      case 1_000_001...: (1e-6, "M")
      default: (1e-3, "K")
      }
    let scaled = Double(count) * scale
    let digits = String(Int(scaled.rounded(.toNearestOrEven))).drop { $0 == "0" }.count
    return String(format: "%.\(max(2 - digits, 0))f", scaled) + suffix
  }

  /// How the model's authors want tokens to be chosen.
  private static func sampling(_ generation: JSONValue) -> [GGUFField] {
    func field(_ key: String, _ value: GGUFField.Value) -> GGUFField {
      GGUFField("general.sampling.\(key)", value)
    }
    var fields: [GGUFField] = []
    if case .integer(let count)? = generation["top_k"], let count = Int32(exactly: count) {
      fields.append(field("top_k", .i32(count)))
    }
    let numbers = [
      ("top_p", "top_p"), ("min_p", "min_p"), ("temperature", "temp"),
      ("repetition_penalty", "penalty_repeat"),
    ]
    for (name, key) in numbers {
      if let number = generation[name]?.finiteNumber {
        fields.append(field(key, .f32(Float(number))))
      }
    }
    return fields
  }
}
