// SPDX-License-Identifier: Apache-2.0

/// Which tensors are F32 in every file, whatever the others are: llama.cpp's converter and quantizer
/// leave them so, and its operations on them take nothing else.
package enum GGUFPrecision {
  /// - Parameters:
  ///   - name: in GGUF.
  ///   - shape: outermost dimension first.
  package static func isAlwaysFloat(_ name: String, shape: [Int]) -> Bool {
    shape.count < 2 || !name.hasSuffix(".weight") || name.hasSuffix("_norm.weight")
      || name.hasSuffix("ffn_gate_inp.weight") || name == "position_embd.weight"
  }
}
