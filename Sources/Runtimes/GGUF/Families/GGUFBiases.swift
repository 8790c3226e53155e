// SPDX-License-Identifier: Apache-2.0

/// Which modules of an architecture have biases: llama.cpp loads a file only if it has all that are
/// wanted and no others.
///
/// Modules are named as in GGUF, without the layer.
struct GGUFBiases: Sendable {
  var required: Set<String> = []
  var optional: Set<String> = []

  /// Those that llama.cpp takes for every architecture with such modules.
  static let attention: Set<String> = ["attn_q", "attn_k", "attn_v"]

  /// The modules of a layer that has biases everywhere.
  static let allFused: Set<String> = [
    "output_norm", "attn_norm", "attn_qkv", "attn_output", "ffn_norm", "ffn_up", "ffn_down",
  ]

  /// Whether the bias of a module has a place, by its name in GGUF with `#` for the layer.
  func permits(_ module: String) -> Bool {
    let name = Self.name(module)
    return required.contains(name) || optional.contains(name)
  }

  /// Whether the module must have a bias.
  func requires(_ module: String) -> Bool { required.contains(Self.name(module)) }

  private static func name(_ module: String) -> String { module.replacing("blk.#.", with: "") }
}
