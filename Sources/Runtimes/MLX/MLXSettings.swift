// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantization
import Tensors

/// What a folder's `config.json` says of its quantized modules.
struct MLXSettings {
  /// How a module is quantized: a mode by its name, for there are some that are read and not written.
  struct Setting: Equatable {
    var group: Int
    var bits: Int
    var mode: String
  }

  private var usual: Setting
  private var modules: [String: Setting]

  /// The modes whose arrays have no biases, with their only group and width.
  static let fixedModes: [String: (group: Int, bits: Int)] = [
    "mxfp4": (32, 4), "mxfp8": (32, 8), "nvfp4": (16, 4),
  ]

  /// Reads them; nil where `config.json` speaks of no MLX quantization.
  ///
  /// - Throws: ``RuntimeError/configuration(problem:)``.
  init?(_ members: JSONMembers) throws(RuntimeError) {
    guard let text = members["quantization"] else { return nil }
    guard let object = try? JSONMembers(Data(text.utf8)) else {
      throw .configuration(problem: "has a quantization that is no object")
    }
    guard let usual = try Self.setting(object, of: nil) else {
      throw .configuration(problem: "has a quantization without group_size and bits")
    }
    self.usual = usual
    modules = [:]
    for key in object.keys where !Self.words.contains(key) {
      guard let value = object[key], value != "false", value != "true",
        let entry = try? JSONMembers(Data(value.utf8)),
        let setting = try Self.setting(entry, of: key)
      else { continue }
      modules[key] = setting
    }
  }

  /// Keys beside the modules' paths.
  private static let words: Set = [
    "group_size", "bits", "mode", "quant_method", "linear_class", "quantization_mode",
  ]

  private static func setting(
    _ object: JSONMembers, of module: String?
  ) throws(RuntimeError) -> Setting? {
    guard let group = object["group_size"].flatMap({ Int($0) }),
      let bits = object["bits"].flatMap({ Int($0) })
    else { return nil }
    let mode = object["mode"].flatMap(JSONMembers.string) ?? "affine"
    let place = module.map { " of \($0.quoted)" } ?? ""
    if let fixed = fixedModes[mode] {
      guard group == fixed.group, bits == fixed.bits else {
        throw .configuration(
          problem:
            "has a quantization\(place) of mode \(mode) with \(bits) bits in groups of \(group)")
      }
    } else if mode != "affine" {
      throw .configuration(problem: "has a quantization\(place) of the unknown mode \(mode.quoted)")
    } else if !Affine.permittedBits.contains(bits) || !Affine.permittedGroups.contains(group) {
      throw .configuration(
        problem: "has a quantization\(place) with \(bits) bits in groups of \(group)")
    }
    return Setting(group: group, bits: bits, mode: mode)
  }

  /// How the module of a path is quantized.
  func setting(of path: String) -> Setting { modules[path] ?? usual }
}
