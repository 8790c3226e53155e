// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

/// What `config.json` says of the quantization.
struct CompressedTensorsConfiguration: Sendable {
  /// The groups, and the modules that each is for: names, or `Linear` for all that are not ignored.
  var groups: [(group: CompressedTensorsGroup, targets: [String])]
  /// Modules that stay as they are.
  var ignored: [String]

  /// The version of the library whose files these are like.
  static let version = "0.20.0"

  /// The value of `quantization_config`.
  var text: String {
    let formats = Set(groups.map(\.group.format))
    let document: JSONDocument = [
      "quant_method": .text(CompressedTensors.name),
      "format": .text(formats.count == 1 ? formats.first ?? "" : "mixed-precision"),
      "quantization_status": "compressed",
      "config_groups": .object(
        groups.enumerated().map { number, entry in
          .init(name: "group_\(number)", value: Self.document(entry.group, entry.targets))
        }),
      "ignore": .list(ignored.map(JSONDocument.text)),
      "version": .text(Self.version),
    ]
    return String(decoding: document.data, as: UTF8.self)
  }

  private static func document(
    _ group: CompressedTensorsGroup, _ targets: [String]
  ) -> JSONDocument {
    [
      "targets": .list(targets.map(JSONDocument.text)),
      "weights": group.weights.document,
      "input_activations": group.inputs?.document ?? .null,
      "output_activations": .null,
      "format": .text(group.format),
    ]
  }
}

extension CompressedTensorsConfiguration {
  /// Reads the value of `quantization_config`.
  ///
  /// - Returns: nil where it is another runtime's.
  /// - Throws: ``RuntimeError/quantization(file:problem:)`` where it is not as the library writes it.
  init?(text: String, file: String) throws {
    struct Method: Decodable { var quant_method: String? }
    let data = Data(text.utf8)
    guard let method = try? JSONDecoder().decode(Method.self, from: data),
      method.quant_method == CompressedTensors.name
    else { return nil }
    let stored: StoredConfiguration
    do { stored = try JSONDecoder().decode(StoredConfiguration.self, from: data) } catch {
      throw RuntimeError.quantization(
        file: file, problem: "lacks a key of compressed-tensors or has a value of the wrong kind")
    }
    ignored = stored.ignore ?? []
    groups = try (stored.config_groups ?? [:]).sorted { $0.key < $1.key }.compactMap {
      name, group in
      guard let weights = group.weights else { return nil }
      func arguments(_ stored: StoredArguments) throws -> CompressedTensorsArguments {
        guard let kind = CompressedTensorsArguments.Kind(rawValue: stored.type ?? "int") else {
          throw RuntimeError.quantization(
            file: file,
            problem: "has the unknown type \((stored.type ?? "").quoted) in \(name.quoted)")
        }
        return CompressedTensorsArguments(
          bits: stored.num_bits ?? 8, kind: kind, isSymmetric: stored.symmetric ?? true,
          strategy: stored.strategy
            ?? (stored.group_size.map { $0 > 0 } == true ? "group" : "channel"),
          groupSize: stored.group_size, blockStructure: stored.block_structure,
          columnOrder: stored.actorder?.text)
      }
      return (
        CompressedTensorsGroup(
          format: group.format ?? stored.format ?? "", weights: try arguments(weights),
          inputs: try group.input_activations.map(arguments)), group.targets ?? []
      )
    }
    guard !groups.isEmpty else {
      throw RuntimeError.quantization(file: file, problem: "has no config_groups with weights")
    }
  }

  private struct StoredConfiguration: Decodable {
    var format: String?
    var config_groups: [String: StoredGroup]?
    var ignore: [String]?
  }

  private struct StoredGroup: Decodable {
    var targets: [String]?
    var weights: StoredArguments?
    var input_activations: StoredArguments?
    var format: String?
  }

  private struct StoredArguments: Decodable {
    var num_bits: Int?
    var type: String?
    var symmetric: Bool?
    var strategy: String?
    var group_size: Int?
    var block_structure: [Int]?
    var actorder: FlagOrText?
  }

  /// `false`, `true` (which means `group`) or a word.
  private struct FlagOrText: Decodable {
    var text: String?

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let flag = try? container.decode(Bool.self) {
        text = flag ? "group" : nil
      } else {
        text = try container.decode(String.self)
      }
    }
  }
}
