// SPDX-License-Identifier: Apache-2.0

import Tensors

extension MLXModel {
  /// The model as a checkpoint of its family has it: matrices that mlx-lm transposes stand the other way
  /// round again, by their weights and not by their codes.
  ///
  /// - Throws: ``RuntimeError``.
  package func asCheckpoint() throws(RuntimeError) -> any ModelSource {
    guard let family else { return self }
    if family.hasInterleavedExperts { return try InterleavedExperts.joining(self) }
    if family.transposed.isEmpty { return self }
    return try ArrangedSource(
      self,
      tensors.map { tensor in
        guard family.transposed.contains(where: tensor.name.hasSuffix), tensor.shape.count == 2
        else { return Arrangement(asIs: tensor) }
        return Arrangement(
          tensor.name, shape: tensor.shape.reversed(),
          pieces: [.init(tensor.name, isTransposed: true)])
      })
  }
}
