// SPDX-License-Identifier: Apache-2.0

extension LatentInput {
  /// Numbers of scratch memory per row.
  var scratchWidth: Int {
    (queryLatent?.projection.outputSize ?? 0) + latent.projection.outputSize + key.outputSize
      + sharedKey.outputSize
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
    var free = scratch
    /// The projection of rows in scratch memory.
    func projected(_ projection: Projection, _ x: UnsafePointer<Float>)
      -> UnsafeMutablePointer<Float>
    {
      let out = free
      free += rows * projection.outputSize
      project(projection, x, rows: rows, into: out, stride: projection.outputSize)
      return out
    }
    func narrowed(_ latent: Latent) -> UnsafePointer<Float> {
      let out = projected(latent.projection, x)
      normalize(latent.norm, out, rows: rows, count: latent.projection.outputSize, into: out)
      return UnsafePointer(out)
    }

    project(
      input.query, input.queryLatent.map(narrowed) ?? x, rows: rows, into: queries,
      stride: stride)
    let latent = narrowed(input.latent)
    project(input.value, latent, rows: rows, into: values, stride: stride)
    let own = projected(input.key, latent)
    let shared = projected(input.sharedKey, x)
    let sharedSize = input.sharedKey.outputSize
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
}
