// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantization
import Tensors

/// What `config.json` says of the quantization: by it a loader decides which modules it replaces.
struct BitsandbytesConfiguration {
  /// What all quantized tensors are, as ``BitsandbytesForm/kind``.
  var kind: String
  /// Modules that stay as they are; a list that is given replaces Transformers' own.
  var skippedModules: [String]

  /// The value of `quantization_config`, with its keys sorted as Transformers sorts them.
  ///
  /// - Parameter computeType: in which a four-bit layer computes, by Transformers' name.
  func text(computeType: String) -> String {
    let isFourBit = kind != "int8-row"
    let isNested = kind.hasSuffix("+dq")
    let type = isFourBit && kind.hasPrefix("nf4") ? "nf4" : "fp4"
    let modules = skippedModules.map { "      \($0.jsonLiteral)" }.joined(separator: ",\n")
    return """
      {
          "_load_in_4bit": \(isFourBit),
          "_load_in_8bit": \(!isFourBit),
          "bnb_4bit_compute_dtype": "\(isFourBit ? computeType : "float32")",
          "bnb_4bit_quant_storage": "uint8",
          "bnb_4bit_quant_type": "\(type)",
          "bnb_4bit_use_double_quant": \(isNested),
          "llm_int8_enable_fp32_cpu_offload": false,
          "llm_int8_has_fp16_weight": false,
          "llm_int8_skip_modules": [
      \(modules)
          ],
          "llm_int8_threshold": 6.0,
          "load_in_4bit": \(isFourBit),
          "load_in_8bit": \(!isFourBit),
          "quant_method": "bitsandbytes"
        }
      """
  }

  /// The assets, where `config.json` has the configuration.
  ///
  /// - Throws: ``RuntimeError/configuration(problem:)``.
  func adding(
    to assets: [Asset], type: ElementType
  ) throws -> [Asset] {
    try assets.map { asset in
      guard asset.name == "config.json" else { return asset }
      var members: JSONMembers
      do { members = try JSONMembers(asset.contents) } catch {
        throw RuntimeError.configuration(problem: "is malformed: \(error)")
      }
      let declared = members["dtype"] ?? members["torch_dtype"]
      let known = declared.flatMap { JSONMembers.string($0) }
      members["quantization_config"] = text(
        computeType: known.flatMap { Bitsandbytes.elementType(of: $0) == nil ? nil : $0 }
          ?? Bitsandbytes.dtype(of: type) ?? "float32")
      return Asset(name: asset.name, contents: members.text)
    }
  }
}
