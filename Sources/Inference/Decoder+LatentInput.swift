// SPDX-License-Identifier: Apache-2.0

extension LatentInput {
  /// Numbers of the narrow state that keys and values come from.
  var rank: Int { latent.projection.outputSize }
  /// Numbers per token that keys and values of all heads can be made of: the narrow state, and the part
  /// of the keys that is rotated.
  var keptSize: Int { rank + sharedKey.outputSize }

  /// Numbers of scratch memory per row.
  var scratchWidth: Int {
    max(
      queryLatent?.projection.outputSize ?? 0, rank + key.outputSize + sharedKey.outputSize)
  }
}

extension Decoder {
  /// Makes queries, keys and values of `rows` rows out of narrow states.
  ///
  /// - Parameters:
  ///   - x: `rows * hiddenSize` normalized states.
  ///   - queries, keys, values: their first rows, which are `attention.inputStride` apart.
  ///   - scratch: `rows * input.scratchWidth`.
  func expand(
    _ input: LatentInput, of attention: Attention, _ x: UnsafePointer<Float>, rows: Int,
    queries: UnsafeMutablePointer<Float>, keys: UnsafeMutablePointer<Float>,
    values: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    let stride = attention.inputStride
    makeQueries(input, x, rows: rows, into: queries, stride: stride, scratch: scratch)
    let latent = scratch
    makeLatent(input.latent, x, rows: rows, into: latent, stride: input.rank)
    project(input.value, latent, rows: rows, into: values, stride: stride)
    let own = latent + rows * input.rank
    project(input.key, latent, rows: rows, into: own, stride: input.key.outputSize)
    let shared = own + rows * input.key.outputSize
    let sharedSize = input.sharedKey.outputSize
    project(input.sharedKey, x, rows: rows, into: shared, stride: sharedSize)
    let ownSize = attention.headSize - sharedSize
    for row in 0..<rows {
      for head in 0..<attention.keyValueHeadCount {
        let key = keys + row * stride + head * attention.headSize
        key.update(from: shared + row * sharedSize, count: sharedSize)
        (key + sharedSize).update(
          from: own + (row * attention.keyValueHeadCount + head) * ownSize, count: ownSize)
      }
    }
  }

  /// Makes queries of `rows` rows, and what a cache keeps of their tokens: the narrow state, then the
  /// shared key.
  ///
  /// - Parameters:
  ///   - x: `rows * hiddenSize` normalized states.
  ///   - queries, kept: their first rows, which are `attention.inputStride` apart.
  ///   - scratch: `rows * input.scratchWidth`.
  func makeKept(
    _ input: LatentInput, of attention: Attention, _ x: UnsafePointer<Float>, rows: Int,
    queries: UnsafeMutablePointer<Float>, kept: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let stride = attention.inputStride
    makeQueries(input, x, rows: rows, into: queries, stride: stride, scratch: scratch)
    makeLatent(input.latent, x, rows: rows, into: kept, stride: stride)
    project(input.sharedKey, x, rows: rows, into: kept + input.rank, stride: stride)
  }

  private func makeQueries(
    _ input: LatentInput, _ x: UnsafePointer<Float>, rows: Int,
    into queries: UnsafeMutablePointer<Float>, stride: Int, scratch: UnsafeMutablePointer<Float>
  ) {
    guard let latent = input.queryLatent else {
      return project(input.query, x, rows: rows, into: queries, stride: stride)
    }
    makeLatent(latent, x, rows: rows, into: scratch, stride: latent.projection.outputSize)
    project(input.query, scratch, rows: rows, into: queries, stride: stride)
  }

  private func makeLatent(
    _ latent: Latent, _ x: UnsafePointer<Float>, rows: Int,
    into out: UnsafeMutablePointer<Float>, stride: Int
  ) {
    let size = latent.projection.outputSize
    project(latent.projection, x, rows: rows, into: out, stride: stride)
    normalize(latent.norm, out, rows: rows, count: size, stride: stride, into: out)
  }
}
