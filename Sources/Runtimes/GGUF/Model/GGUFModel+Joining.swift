// SPDX-License-Identifier: Apache-2.0

import Tensors

extension GGUFModel {
  /// DeepSeek has 128.
  private static let latentHeadLimit = 1 << 12

  /// The model with tensors put together that a checkpoint does not have apart: the reverse of what
  /// ``GGUFArrangement`` does with narrow states and with interleaved experts.
  ///
  /// - Throws: ``RuntimeError/arrangement(tensor:problem:)`` where a half is missing or has another shape.
  package func joined() throws -> any ModelSource {
    if translation?.family.interleavesExperts == true {
      for tensor in tensors where tensor.shape.count == 3 {
        guard tensor.shape[0] <= GGUFTranslation.expertTensorLimit else {
          throw GGUFError.tooManyExperts(
            file: path, tensor: tensor.name, found: tensor.shape[0],
            limit: GGUFTranslation.expertTensorLimit)
        }
      }
      return try InterleavedExperts.joining(self)
    }
    guard let latent = translation?.sizes.latent, let heads = translation?.sizes.heads else {
      return self
    }
    guard heads <= Self.latentHeadLimit else {
      throw GGUFError.wrongValue(
        file: path, key: "\(architecture).attention.head_count",
        expected: "at most \(Self.latentHeadLimit)", found: "\(heads)")
    }
    let (keyEnding, valueEnding) = (".k_b_proj.weight", ".v_b_proj.weight")
    let arrangements = try tensors.compactMap { tensor -> Arrangement? in
      if tensor.name.hasSuffix(valueEnding) { return nil }
      guard tensor.name.hasSuffix(keyEnding) else { return Arrangement(asIs: tensor) }
      // So that a small file can't ask for very many pieces.
      guard tensor.shape == [heads, latent.rank, latent.plainSize] else {
        throw GGUFError.unexpectedShape(
          file: path, tensor: tensor.name, expected: "a matrix for each head",
          found: tensor.shape)
      }
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
