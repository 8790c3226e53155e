// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantization
import Tensors

/// What runtimes look up in a model's `config.json`, and where they find how its tensors are quantized.
struct ModelConfiguration {
  private let members: JSONMembers

  /// - Throws: ``RuntimeError/configuration(problem:)`` where there is none, or it is no JSON object.
  init(of source: any ModelSource) throws(RuntimeError) {
    guard let config = source.asset("config.json") else {
      throw .configuration(problem: "is missing")
    }
    do { members = try JSONMembers(config) } catch {
      throw .configuration(problem: "is malformed: \(error)")
    }
  }

  /// What it calls the family.
  var family: String? { members["model_type"].flatMap(JSONMembers.string) }

  /// The type of the model's weights, by Transformers' name.
  var dtype: String? { (members["dtype"] ?? members["torch_dtype"]).flatMap(JSONMembers.string) }

  /// The type of the model's weights.
  var elementType: ElementType? {
    dtype.flatMap { ["float16": .f16, "bfloat16": .bf16, "float32": .f32][$0] }
  }

  /// The JSON text of a member.
  subscript(key: String) -> String? { members[key] }

  /// Refuses families whose layers a runtime does not find as they are stored.
  ///
  /// - Parameter refused: why, by the family's name.
  /// - Throws: ``RuntimeError/family(format:family:problem:)``.
  func requireFamily(notAmong refused: [String: String], format: String) throws(RuntimeError) {
    guard let family, let problem = refused[family] else { return }
    throw .family(format: format, family: family, problem: problem)
  }

  /// The assets, where `config.json` has a quantization.
  ///
  /// - Parameter quantization: the JSON text of `quantization_config`.
  static func adding(_ quantization: String, to assets: [Asset]) throws(RuntimeError) -> [Asset] {
    var result: [Asset] = []
    for asset in assets {
      guard asset.name == "config.json" else {
        result.append(asset)
        continue
      }
      do {
        var members = try JSONMembers(asset.contents)
        members["quantization_config"] = quantization
        result.append(Asset(name: asset.name, contents: members.text))
      } catch { throw .configuration(problem: "is malformed: \(error)") }
    }
    return result
  }
}

/// The modules that a runtime must not take for quantized ones.
enum KeptModules {
  /// Whole dotted paths, which mean the same to Transformers 4, 5 and vLLM; embeddings and convolutions
  /// are listed too, which costs nothing.
  static func names(of records: [TensorRecord]) -> [String] {
    let isHeadQuantized = records.contains {
      $0.plainType == nil && $0.tensor.name == "lm_head.weight"
    }
    var modules = isHeadQuantized ? [] : ["lm_head"]
    var seen = Set(modules)
    for record in records where record.plainType != nil && record.tensor.shape.count >= 2 {
      // A parameter that is no module of its own (a stack of experts) stands for the one it is in.
      let module = record.tensor.name.split(separator: ".").dropLast().joined(separator: ".")
      if !module.isEmpty, seen.insert(module).inserted { modules.append(module) }
    }
    return modules
  }
}

extension Plan.Entry {
  /// The entry, kept in its type where it is an expert's weight that nobody asked to have quantized:
  /// Transformers 5 stacks experts when it loads them, and takes none that are quantized.
  var keepingExperts: Self {
    guard scheme != nil, !isByRule, isExpert else { return self }
    return .kept(tensor, reason: "expert: Transformers 5 loads experts in their own type only")
  }

  /// What a user should know where experts are quantized all the same.
  static func noteOnExperts(in entries: [Self]) -> [String] {
    entries.contains { $0.isExpert && $0.record.plainType == nil }
      ? ["experts are quantized: vLLM loads such a model, Transformers 5 does not"] : []
  }

  /// Whether it is the weight of one of several experts.
  var isExpert: Bool { tensor.name.split(separator: ".").contains("experts") }
}
