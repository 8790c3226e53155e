// SPDX-License-Identifier: Apache-2.0

/// Neighbouring keys of one head and their values.
struct KeyValueRun {
  var count: Int
  var keys: BLAS.Matrix
  var values: BLAS.Matrix
}

extension Decoder {
  /// From so many queries on, keys that lie in blocks are first brought together: copying a key costs
  /// about as much as multiplying it with a few queries, and one large product is faster than many
  /// small ones.
  private static let queriesWorthGathering = 8

  /// The keys and values of some positions, for one query head of a segment.
  ///
  /// - Parameters:
  ///   - queryCount: how many queries are to see them.
  ///   - gathered: room for a key and a value of each position, where they come from a cache.
  func keyValueRuns(
    layer: Int, head: Int, of segment: Batch.Segment, positions: Range<Int>, queryCount: Int,
    workspace: Workspace, gathered: UnsafeMutablePointer<Float>
  ) -> [KeyValueRun] {
    let attention = architecture.layers[layer].attention
    let shared = head / (attention.headCount / attention.keyValueHeadCount)
    guard let cache = segment.cache else {
      let stride = attention.inputStride
      let row = segment.rows.lowerBound + positions.lowerBound - segment.firstPosition
      let start = workspace.attentionInput.base + row * stride + attention.querySize
      return [
        KeyValueRun(
          count: positions.count,
          keys: BLAS.Matrix(start: start + shared * attention.headSize, stride: stride),
          values: BLAS.Matrix(
            start: start + attention.keySize + shared * attention.valueSize, stride: stride))
      ]
    }
    let runs = cache.runs(layer: layer, head: shared, positions: positions)
    guard queryCount >= Self.queriesWorthGathering, runs.count > 1 else { return runs }
    let (keySize, valueSize) = (attention.headSize, attention.valueSize)
    let values = gathered + positions.count * keySize
    var place = 0
    for run in runs {
      (gathered + place * keySize).update(from: run.keys.start, count: run.count * keySize)
      (values + place * valueSize).update(from: run.values.start, count: run.count * valueSize)
      place += run.count
    }
    return [
      KeyValueRun(
        count: positions.count, keys: BLAS.Matrix(start: gathered, stride: keySize),
        values: BLAS.Matrix(start: values, stride: valueSize))
    ]
  }

  /// Stores what a tile's rows made of keys and values in the caches of their sequences.
  func keepKeysAndValues(
    ofLayer layer: Int, tile: Batch.Tile, batch: Batch, workspace: Workspace
  ) {
    let attention = architecture.layers[layer].attention
    for (segment, rows) in batch.parts(of: tile) {
      guard let cache = segment.cache else { continue }
      for row in rows {
        let keys =
          workspace.attentionInput.base + row * attention.inputStride + attention.querySize
        cache.store(
          keys: keys, values: keys + attention.keySize, layer: layer,
          position: segment.position(ofRow: row))
      }
    }
  }
}
