// SPDX-License-Identifier: Apache-2.0

/// llama.cpp's numbers for what the tensors of a file mostly are; it shows them and computes nothing
/// from them.
enum GGUFFileType {
  private static let numbers: [String: UInt32] = [
    "f32": 0, "f16": 1, "q4_0": 2, "q4_1": 3, "q8_0": 7, "q5_0": 8, "q5_1": 9, "q2_k": 10,
    "q3_k": 11, "q4_k": 14, "q5_k": 16, "q6_k": 18, "iq4_nl": 25, "iq4_xs": 30, "bf16": 32,
    "tq1_0": 36, "tq2_0": 37, "mxfp4": 38, "nvfp4": 39,
  ]

  /// The number of the type that most weights of matrices have.
  static func number(of tensors: [GGUFHeader.Tensor]) -> UInt32 {
    var counts: [String: Int] = [:]
    for tensor in tensors
    where !GGUFPrecision.isAlwaysFloat(tensor.name, shape: tensor.shape) {
      counts[tensor.type.name, default: 0] += tensor.shape.reduce(1, *)
    }
    let most = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    return most.flatMap { numbers[$0] } ?? 0
  }
}
