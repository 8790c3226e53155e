// SPDX-License-Identifier: Apache-2.0

/// What a tensor is for a mix, by its name in the file.
enum GGUFTensorCategory: Equatable {
  case output, embedding
  /// Values, alone or with queries and keys in one tensor, or as a latent's expansion.
  case values
  case keys, attentionOutput
  case feedForwardDown
  case other

  init(name: String) {
    switch name {
    case "output.weight": self = .output
    case "token_embd.weight", "per_layer_token_embd.weight": self = .embedding
    default:
      let parts: [(String, GGUFTensorCategory)] = [
        ("attn_qkv.weight", .values), ("attn_kv_b.weight", .values), ("attn_v.weight", .values),
        ("attn_k.weight", .keys), ("attn_output.weight", .attentionOutput),
        ("ffn_down", .feedForwardDown),
      ]
      self = parts.first { name.containsBytes(of: $0.0) }?.1 ?? .other
    }
  }
}

/// Which tensors a mix leaves as they are.
enum GGUFKept {
  /// Whether a tensor may be quantized: matrices whose name ends in `weight`, but none that is small,
  /// an index, a norm or a router.
  ///
  /// - Parameter shape: the innermost dimension last.
  static func allowsQuantization(name: String, shape: [Int]) -> Bool {
    // Outer dimensions of 1 do not count.
    shape.drop { $0 == 1 }.count >= 2 && name.hasSuffix("weight")
      && name != "position_embd.weight" && name != "token_types.weight"
      && !parts.contains { name.containsBytes(of: $0) }
  }

  /// Parts of names, as llama-quantize has them.
  private static let parts = [
    "_norm.weight", "ffn_gate_inp.weight", "ffn_gate_tid2eid.weight", "altup", "laurel",
    "per_layer_model_proj", "ssm_conv1d", "shortconv.conv.weight", "indexer.k_proj.weight",
    "indexer.q_proj.weight", "time_mix_first.weight", "time_mix_w0.weight", "time_mix_w1.weight",
    "time_mix_w2.weight", "time_mix_v0.weight", "time_mix_v1.weight", "time_mix_v2.weight",
    "time_mix_a0.weight", "time_mix_a1.weight", "time_mix_a2.weight", "time_mix_g1.weight",
    "time_mix_g2.weight", "time_mix_decay_w1.weight", "time_mix_decay_w2.weight",
    "time_mix_lerp_fused.weight", "attn_rel_b.weight", ".position_embd", "sam.pos_embd",
    "sam.neck.", "sam.net_", ".rel_pos", ".patch_embd", ".patch_merger", "a.rvq.codebook",
    "mm.a.code_embd",
  ]
}
