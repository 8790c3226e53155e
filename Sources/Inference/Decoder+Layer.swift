// SPDX-License-Identifier: Apache-2.0

extension Decoder {
  /// Runs one layer on the hidden states of a batch, in place.
  ///
  /// Three passes, because attention needs all rows of a window: queries, keys and values by row
  /// tiles; attention by windows and heads; everything else by row tiles.
  func run(
    _ layer: Layer, on states: UnsafeMutablePointer<Float>, batch: Batch, workspace: Workspace
  ) {
    concurrently(batch.tileCount, threads: threads) { tile, worker in
      let rows = batch.rows(ofTile: tile)
      let room = TileScratch(workspace.scratch(of: worker), rows: rows.count, width: hiddenSize)
      var x = UnsafePointer(states + rows.lowerBound * hiddenSize)
      if let norm = layer.attentionNorms.input {
        normalize(norm, x, rows: rows.count, count: hiddenSize, into: room.input)
        x = UnsafePointer(room.input)
      }
      makeAttentionInput(
        layer.attention, x, rows: rows, batch: batch, workspace: workspace, scratch: room.rest)
    }

    let heads = layer.attention.headCount
    concurrently(batch.windowCount * heads, threads: threads) { index, worker in
      let (window, head) = index.quotientAndRemainder(dividingBy: heads)
      attend(
        layer.attention, window: window, head: head, batch: batch, workspace: workspace,
        scores: workspace.scratch(of: worker))
    }

    concurrently(batch.tileCount, threads: threads) { tile, worker in
      let rows = batch.rows(ofTile: tile)
      let states = states + rows.lowerBound * hiddenSize
      let room = TileScratch(workspace.scratch(of: worker), rows: rows.count, width: hiddenSize)
      let norms = layer.feedForwardNorms
      /// A copy even where no norm comes first, since the states change while it is read.
      func makeFeedForwardInput() {
        if let norm = norms.input {
          normalize(norm, states, rows: rows.count, count: hiddenSize, into: room.input)
        } else {
          room.input.update(from: states, count: rows.count * hiddenSize)
        }
      }
      func addAttention() {
        let heads = workspace.attentionOutput.base + rows.lowerBound * layer.attention.outputStride
        add(layer.attentionNorms, to: states, rows: rows.count, room: room) { out, adding in
          project(
            layer.attention.output, heads, rows: rows.count, into: out, stride: hiddenSize,
            adding: adding)
        }
      }
      switch layer.order {
      case .sequential:
        addAttention()
        makeFeedForwardInput()
      case .parallel:
        makeFeedForwardInput()
        addAttention()
      }
      add(norms, to: states, rows: rows.count, room: room) { out, adding in
        feedForward(
          layer.feedForward, room.input, rows: rows.count, scratch: room.rest, into: out,
          adding: adding)
      }
    }
  }

  /// Adds what `part` gives to the hidden states of a tile, through the norms after it.
  ///
  /// - Parameter part: writes its result to `out`, or adds it where `adding` says so.
  private func add(
    _ norms: BranchNorms, to states: UnsafeMutablePointer<Float>, rows: Int, room: TileScratch,
    part: (_ out: UnsafeMutablePointer<Float>, _ adding: Bool) -> Void
  ) {
    if let norm = norms.output {
      part(room.output, false)
      normalize(norm, room.output, rows: rows, count: hiddenSize, into: room.output)
      math.add(room.output, to: states, rows: 1, count: rows * hiddenSize, stride: 0)
    } else {
      part(states, true)
    }
    if let norm = norms.sum {
      normalize(norm, states, rows: rows, count: hiddenSize, into: states)
    }
  }
}
