// SPDX-License-Identifier: Apache-2.0

extension Architecture {
  /// Every tensor that the decoder reads, each once, in the order of the computation.
  var tensors: [TensorReference] {
    var seen: Set<TensorReference> = []
    let all = [embedding] + layers.flatMap(\.tensors) + finalNorm.tensors + head.tensors
    return all.filter { seen.insert($0).inserted }
  }
}

extension Layer {
  var tensors: [TensorReference] {
    attentionNorm.tensors + attention.tensors + feedForwardNorm.tensors + feedForward.tensors
  }
}

extension Norm {
  var tensors: [TensorReference] {
    switch self {
    case .rootMeanSquare(let weight, _): [weight]
    }
  }
}

extension Projection {
  var tensors: [TensorReference] { [weight] + (bias.map { [$0] } ?? []) }
}

extension Attention {
  var tensors: [TensorReference] {
    let norms = headNorms.map { $0.query.tensors + $0.key.tensors } ?? []
    return [query, key, value].flatMap(\.tensors) + norms + output.tensors
  }
}

extension FeedForward {
  var tensors: [TensorReference] {
    switch self {
    case .gated(let gate, let up, let down, _): [gate, up, down].flatMap(\.tensors)
    }
  }
}
