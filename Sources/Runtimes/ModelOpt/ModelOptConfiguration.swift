// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

/// What a folder says of its quantization: in `hf_quant_config.json`, and in `config.json` in another shape.
struct ModelOptConfiguration {
  var algorithm: ModelOpt.Algorithm
  var groupSize: Int?
  /// Modules that stay as they are.
  var excluded: [String]

  /// The text of `hf_quant_config.json`.
  var file: Data {
    var members: [JSONDocument.Member] = [
      .init(name: "quant_algo", value: .text(algorithm.rawValue)),
      .init(name: "kv_cache_quant_algo", value: .null),
    ]
    if let groupSize { members.append(.init(name: "group_size", value: .integer(groupSize))) }
    if algorithm == .int4 {
      members.append(.init(name: "has_zero_point", value: .flag(false)))
      members.append(.init(name: "pre_quant_scale", value: .flag(true)))
    }
    members.append(.init(name: "exclude_modules", value: exclusions))
    let document: JSONDocument = ["producer": producer, "quantization": .object(members)]
    return document.data
  }

  /// The value of `quantization_config` in `config.json`.
  var text: String {
    var members: [JSONDocument.Member] = []
    if let group {
      members.append(.init(name: "config_groups", value: ["group_0": group]))
    }
    members += [
      .init(name: "ignore", value: exclusions),
      .init(name: "quant_algo", value: .text(algorithm.rawValue)),
      .init(name: "producer", value: producer),
      .init(name: "quant_method", value: .text(ModelOpt.name)),
    ]
    return String(decoding: JSONDocument.object(members).data, as: UTF8.self)
  }

  /// What `config.json` says of all layers; only of NVFP4, as ModelOpt has it.
  private var group: JSONDocument? {
    guard algorithm == .nvfp4, let groupSize else { return nil }
    return [
      "weights": [
        "dynamic": .flag(false), "num_bits": .integer(4), "type": "float",
        "group_size": .integer(groupSize),
      ],
      "targets": .list(["Linear"]),
    ]
  }

  private var exclusions: JSONDocument { .list(excluded.map(JSONDocument.text)) }

  private var producer: JSONDocument {
    ["name": .text(ModelOpt.name), "version": .text(ModelOpt.version)]
  }
}
