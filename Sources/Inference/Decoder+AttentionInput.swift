// SPDX-License-Identifier: Apache-2.0

extension Attention {
  var querySize: Int { headCount * headSize }
  var keySize: Int { keyValueHeadCount * headSize }
  /// Numbers per row of queries, keys and values side by side, or of what a cache keeps instead of keys
  /// and values.
  var inputStride: Int { querySize + max(keySize + keyValueHeadCount * valueSize, keptSize) }
  private var keptSize: Int {
    if case .latent(let latent) = input { latent.keptSize } else { 0 }
  }
  /// Numbers of scratch memory per row while queries, keys and values are made.
  var scratchWidth: Int {
    switch input {
    case .direct: 0
    case .latent(let latent): latent.scratchWidth
    }
  }
}

extension Decoder {
  /// Makes queries, keys and values of one tile's rows and rotates them to their positions.
  ///
  /// - Parameters:
  ///   - x: `rows.count * hiddenSize` normalized states.
  ///   - scratch: `rows.count * attention.scratchWidth`.
  func makeAttentionInput(
    _ attention: Attention, _ x: UnsafePointer<Float>, tile: Batch.Tile, batch: Batch,
    workspace: Workspace, scratch: UnsafeMutablePointer<Float>
  ) {
    let rows = tile.rows
    let stride = attention.inputStride
    let queries = workspace.attentionInput.base + rows.lowerBound * stride
    let keys = queries + attention.querySize
    let values = keys + attention.keySize
    switch attention.input {
    case .direct(let query, let key, let value):
      project(query, x, rows: rows.count, into: queries, stride: stride)
      project(key, x, rows: rows.count, into: keys, stride: stride)
      project(value, x, rows: rows.count, into: values, stride: stride)
    case .latent(let latent) where keepsLatent(of: attention, batch: batch):
      makeKept(
        latent, of: attention, x, rows: rows.count, queries: queries, kept: keys, scratch: scratch)
    case .latent(let latent):
      expand(
        latent, of: attention, x, rows: rows.count, queries: queries, keys: keys, values: values,
        scratch: scratch)
    }
    if let clip = attention.clip {
      math.clamp(queries, count: rows.count * stride, limit: clip)
    }
    if let norms = attention.norms {
      normalize(norms.query, queries, heads: attention.headCount, of: attention, rows: rows.count)
      normalize(
        norms.key, keys, heads: attention.keyValueHeadCount, of: attention, rows: rows.count)
    }
    if attention.rounding.contains(.query), math.rounding != .none {
      for row in 0..<rows.count {
        math.scale(queries + row * stride, by: attention.scale, count: attention.querySize)
      }
    }
    if case .rotary(let embedding) = attention.position {
      let rotated = rotatedPlaces(in: attention, batch: batch)
      for (segment, rows) in batch.parts(of: tile) {
        let table = workspace.positions.rotaryTable(embedding, textLength: segment.textLength)
        for row in rows {
          let heads = workspace.attentionInput.base + row * stride
          for place in rotated {
            table.rotate(heads + place, position: segment.position(ofRow: row), with: math)
          }
        }
      }
    }
  }

  /// Where in a row something is rotated: each query head and key head, which are neighbours, or the
  /// query heads and the one key that a cache keeps for all.
  private func rotatedPlaces(in attention: Attention, batch: Batch) -> [Int] {
    let queries = (0..<attention.headCount).map { $0 * attention.headSize }
    if case .latent(let latent) = attention.input, keepsLatent(of: attention, batch: batch) {
      return queries + [attention.querySize + latent.rank]
    }
    return queries
      + (0..<attention.keyValueHeadCount).map {
        attention.querySize + $0 * attention.headSize
      }
  }

  private func normalize(
    _ norms: HeadNorms, _ x: UnsafeMutablePointer<Float>, heads: Int, of attention: Attention,
    rows: Int
  ) {
    let (size, stride) = (attention.headSize, attention.inputStride)
    switch norms {
    case .each(let norm):
      for head in 0..<heads {
        let start = x + head * size
        normalize(norm, start, rows: rows, count: size, stride: stride, into: start)
      }
    case .own(let norms):
      for (head, norm) in norms.enumerated() {
        let start = x + head * size
        normalize(norm, start, rows: rows, count: size, stride: stride, into: start)
      }
    case .whole(let norm):
      normalize(norm, x, rows: rows, count: heads * size, stride: stride, into: x)
    }
  }
}
