// SPDX-License-Identifier: Apache-2.0

extension Architecture {
  /// Everything that the decoder reads, each once, in the order of the computation.
  var tensors: [TensorReference] {
    var seen: Set<TensorReference> = []
    let all = embedding.tensors + layers.flatMap(\.tensors) + lastTensors
    return all.filter { seen.insert($0).inserted }
  }

  /// What is read after the last layer.
  var lastTensors: [TensorReference] { (finalNorm?.tensors ?? []) + head.tensors }
}

extension Layer {
  var tensors: [TensorReference] {
    [attentionNorms.tensors, attention.tensors, feedForwardNorms.tensors, feedForward.tensors]
      .flatMap { $0 }
  }
}

extension BranchNorms {
  var tensors: [TensorReference] { [input, output, sum].compactMap { $0 }.flatMap(\.tensors) }
}

extension Embedding {
  var tensors: [TensorReference] {
    [tokens] + (projection?.tensors ?? []) + (positions.map { [$0.table] } ?? [])
      + (norm?.tensors ?? [])
  }
}

extension OutputHead {
  var tensors: [TensorReference] { (reduction?.tensors ?? []) + projection.tensors }
}

extension Norm {
  var tensors: [TensorReference] {
    switch self {
    case .rootMeanSquare(let weight, _, _): [weight]
    case .layer(let weight, let bias, _): [weight, bias].compactMap { $0 }
    }
  }
}

extension Projection {
  var tensors: [TensorReference] { [weight] + (bias.map { [$0] } ?? []) }
}

extension Attention {
  var tensors: [TensorReference] {
    [
      input.tensors, norms.map { $0.query.tensors + $0.key.tensors } ?? [],
      sinks.map { [$0] } ?? [], output.tensors,
    ].flatMap { $0 }
  }
}

extension AttentionInput {
  var tensors: [TensorReference] {
    switch self {
    case .direct(let query, let key, let value): [query, key, value].flatMap(\.tensors)
    case .latent(let latent): latent.tensors
    }
  }
}

extension LatentInput {
  var tensors: [TensorReference] {
    let narrow = queryLatent.map { $0.projection.tensors + $0.norm.tensors } ?? []
    return [
      narrow, query.tensors, latent.projection.tensors, latent.norm.tensors, key.tensors,
      value.tensors, sharedKey.tensors,
    ].flatMap { $0 }
  }
}

extension HeadNorms {
  var tensors: [TensorReference] {
    switch self {
    case .each(let norm), .whole(let norm): norm.tensors
    case .own(let norms): norms.flatMap(\.tensors)
    }
  }
}

extension FeedForward {
  var tensors: [TensorReference] {
    switch self {
    case .gated(let gate, let up, let down, _): [gate, up, down].flatMap(\.tensors)
    case .plain(let up, let down, _): [up, down].flatMap(\.tensors)
    case .sparse(let experts): experts.tensors
    }
  }
}

extension Experts {
  var tensors: [TensorReference] {
    router.projection.tensors + (router.correction.map { [$0] } ?? [])
      + experts.flatMap(\.tensors) + (shared?.tensors ?? [])
  }
}
