// SPDX-License-Identifier: Apache-2.0

import Tensors

extension GGUFModel {
  /// The model with tensors put together that a checkpoint does not have apart: the reverse of what
  /// ``GGUFArrangement`` does with narrow states.
  ///
  /// - Throws: ``RuntimeError/arrangement(tensor:problem:)`` where a half is missing or has another shape.
  package func joined() throws -> any ModelSource {
    guard let latent = translation?.sizes.latent, let heads = translation?.sizes.heads else {
      return self
    }
    let (keyEnding, valueEnding) = (".k_b_proj.weight", ".v_b_proj.weight")
    let arrangements = tensors.compactMap { tensor -> Arrangement? in
      if tensor.name.hasSuffix(valueEnding) { return nil }
      guard tensor.name.hasSuffix(keyEnding) else { return Arrangement(asIs: tensor) }
      let stem = tensor.name.dropLast(keyEnding.count)
      return Arrangement(
        stem + ".kv_b_proj.weight",
        shape: [heads * (latent.plainSize + latent.valueSize), latent.rank],
        pieces: (0..<heads).flatMap { head in
          [
            Arrangement.Piece(tensor.name, matrix: head, isTransposed: true),
            Arrangement.Piece(stem + valueEnding, matrix: head),
          ]
        })
    }
    return try ArrangedSource(self, arrangements)
  }
}
