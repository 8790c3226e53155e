// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

/// What `config.json` says to mlx-lm and mlx-swift-lm: the quantization, and the keys that both know where
/// Transformers has others.
struct MLXConfiguration {
  /// The settings of the quantized modules, by their path, in the order of the tensors.
  var modules: [(path: String, setting: MLX.Setting)]

  /// The setting of most modules, the first of several; nil where none is quantized.
  var usual: MLX.Setting? {
    var counts: [MLX.Setting: Int] = [:]
    for module in modules { counts[module.setting, default: 0] += 1 }
    let most = counts.values.max()
    return modules.first { counts[$0.setting] == most }?.setting
  }

  /// The value of `quantization` and of `quantization_config`: the usual setting, and by their paths the
  /// modules that have another.
  ///
  /// Modules that stay in their type are not named: both loaders know them by their lack of scales. Nothing
  /// else is in it, for mlx-swift-lm takes any other key for a module.
  var document: JSONDocument? {
    guard let usual, case .object(var members) = usual.document else { return nil }
    for module in modules where module.setting != usual {
      members.append(.init(name: module.path, value: module.setting.document))
    }
    return .object(members)
  }

  /// The assets, where `config.json` has the quantization and the keys that mlx-lm needs.
  ///
  /// - Throws: ``RuntimeError/configuration(problem:)``.
  func adding(
    to assets: [Asset], of family: MLXFamily, isTied: Bool
  ) throws(RuntimeError) -> [Asset] {
    var result = assets
    guard let place = assets.firstIndex(where: { $0.name == "config.json" }) else {
      throw .configuration(problem: "is missing")
    }
    var members = try MLXConfiguration.members(assets[place].contents)
    MLXConfiguration.complete(&members, of: family, isTied: isTied)
    let text = document.map { String(decoding: $0.data, as: UTF8.self) }
    members["quantization"] = text
    members["quantization_config"] = text
    result[place].contents = members.text
    return result
  }

  /// The members of `config.json`.
  ///
  /// - Throws: ``RuntimeError/configuration(problem:)``.
  static func members(_ contents: Data) throws(RuntimeError) -> JSONMembers {
    do { return try JSONMembers(contents) } catch {
      throw .configuration(problem: "is malformed: \(error)")
    }
  }
}
