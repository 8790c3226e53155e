// SPDX-License-Identifier: Apache-2.0

/// How far a candidate's tensors are from the original's, without running either.
package struct TensorReport: Sendable, Equatable, Encodable {
  /// One entry per tensor of the original, in its order.
  package var tensors: [TensorError]
  /// Over all of ``tensors``.
  package var total: TensorTotal
  /// Over those whose weights differ; what a quantizer is judged by.
  package var changed: TensorTotal
  /// Tensors that only the candidate has, sorted by name.
  package var extra: [String]
  /// What looks wrong rather than merely lossy, in the order of ``tensors``.
  package var findings: [TensorFinding]

  init(tensors: [TensorError], extra: [String]) {
    self.tensors = tensors
    total = TensorTotal(tensors)
    changed = TensorTotal(tensors.filter { !$0.isExact })
    self.extra = extra
    findings = tensors.compactMap(TensorFinding.init)
  }
}
