// SPDX-License-Identifier: Apache-2.0

extension Decoder {
  /// Runs the layer of that index on the hidden states of a batch, in place.
  ///
  /// Three passes, because attention needs all rows of a segment: queries, keys and values by row
  /// tiles; attention by segments and heads; everything else by row tiles.
  func run(
    _ index: Int, on states: UnsafeMutablePointer<Float>, batch: Batch, workspace: Workspace
  ) {
    let layer = architecture.layers[index]
    func tile(_ index: Int, _ worker: Int) -> LayerTile {
      LayerTile(
        rows: batch.tiles[index].rows, of: states, width: hiddenSize,
        scratch: workspace.scratch(of: worker))
    }

    concurrently(batch.tiles.count, threads: threads) { place, worker in
      let tile = tile(place, worker)
      var x = UnsafePointer(tile.states)
      if let norm = layer.attentionNorms.input {
        normalize(norm, x, rows: tile.rows.count, count: hiddenSize, into: tile.input)
        x = UnsafePointer(tile.input)
      }
      makeAttentionInput(
        layer.attention, x, tile: batch.tiles[place], batch: batch, workspace: workspace,
        scratch: tile.inside)
      keepKeysAndValues(
        ofLayer: index, tile: batch.tiles[place], batch: batch, workspace: workspace)
    }

    let heads = layer.attention.headCount
    concurrently(batch.segments.count * heads, threads: threads) { place, worker in
      let (segment, head) = place.quotientAndRemainder(dividingBy: heads)
      attend(
        layer: index, head: head, of: batch.segments[segment], workspace: workspace,
        scratch: workspace.scratch(of: worker))
    }

    concurrently(batch.tiles.count, threads: threads) { place, worker in
      let tile = tile(place, worker)
      switch layer.order {
      case .sequential:
        addAttention(of: layer, to: tile, workspace: workspace)
        makeFeedForwardInput(of: layer, from: tile)
      case .parallelSum where math.rounding != .none:
        makeFeedForwardInput(of: layer, from: tile)
        return addSum(of: layer, to: tile, workspace: workspace)
      case .parallel, .parallelSum:
        makeFeedForwardInput(of: layer, from: tile)
        addAttention(of: layer, to: tile, workspace: workspace)
      }
      addFeedForward(of: layer, to: tile)
    }
  }

  /// Adds the rounded sum of what the two parts of a layer give, no norm being after either.
  ///
  /// The feed-forward part comes first, for then the place of what it reads is free.
  private func addSum(of layer: Layer, to tile: LayerTile, workspace: Workspace) {
    let count = tile.rows.count * hiddenSize
    feedForward(
      layer.feedForward, tile.input, rows: tile.rows.count, scratch: tile.inside,
      into: tile.output, adding: false)
    project(
      layer.attention.output,
      workspace.attentionOutput.base + tile.rows.lowerBound * layer.attention.outputStride,
      rows: tile.rows.count, into: tile.input, stride: hiddenSize)
    math.add(tile.input, to: tile.output, rows: 1, count: count, stride: count)
    math.add(tile.output, to: tile.states, rows: 1, count: count, stride: count)
  }

  private func addAttention(of layer: Layer, to tile: LayerTile, workspace: Workspace) {
    let heads =
      workspace.attentionOutput.base + tile.rows.lowerBound * layer.attention.outputStride
    add(to: tile, through: layer.attentionNorms) { out, adding in
      project(
        layer.attention.output, heads, rows: tile.rows.count, into: out, stride: hiddenSize,
        adding: adding)
    }
  }

  /// A copy even where no norm comes first, since the states change while it is read.
  private func makeFeedForwardInput(of layer: Layer, from tile: LayerTile) {
    if let norm = layer.feedForwardNorms.input {
      normalize(
        norm, tile.states, rows: tile.rows.count, count: hiddenSize, into: tile.input)
    } else {
      tile.input.update(from: tile.states, count: tile.rows.count * hiddenSize)
    }
  }

  private func addFeedForward(of layer: Layer, to tile: LayerTile) {
    add(to: tile, through: layer.feedForwardNorms) { out, adding in
      feedForward(
        layer.feedForward, tile.input, rows: tile.rows.count, scratch: tile.inside, into: out,
        adding: adding)
    }
  }

  /// Adds what a part gives to the hidden states of a tile, through the norms after it.
  ///
  /// - Parameter part: writes its result to `out`, or adds it where `adding` says so.
  private func add(
    to tile: LayerTile, through norms: BranchNorms,
    part: (_ out: UnsafeMutablePointer<Float>, _ adding: Bool) -> Void
  ) {
    let rows = tile.rows.count
    if norms.output != nil || math.rounding != .none {
      let count = rows * hiddenSize
      part(tile.output, false)
      if let norm = norms.output {
        normalize(norm, tile.output, rows: rows, count: hiddenSize, into: tile.output)
      }
      math.add(tile.output, to: tile.states, rows: 1, count: count, stride: count)
    } else {
      part(tile.states, true)
    }
    if let norm = norms.sum {
      normalize(norm, tile.states, rows: rows, count: hiddenSize, into: tile.states)
    }
  }
}
