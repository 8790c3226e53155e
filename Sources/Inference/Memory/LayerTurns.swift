// SPDX-License-Identifier: Apache-2.0

import Tensors

/// How the layers of a model take turns in memory, so that a model larger than memory can run.
///
/// Each evaluation reads every layer once: all its windows go through a layer before the next is
/// read. ``MemoryPlan`` makes these.
package struct LayerTurns: Sendable {
  let arena: WeightArena
  /// The model's place among those that share the arena.
  let sharer: Int
  let slabPool: SlabPool
  let slabWeightLimit: Int
  /// How many windows one evaluation should take.
  let windowsPerEvaluation: Int
  /// How many windows go through a layer side by side; results do not depend on it.
  let windowsPerStep: Int
}

extension Decoder {
  /// What weights are needed for.
  enum Stage { case layer, head }

  /// The decoder with some weights in memory, for the next step of an evaluation.
  ///
  /// - Throws: the source's error.
  func stage(for tensors: [TensorReference], of stage: Stage) throws -> Decoder {
    guard let turns else { return self }
    let region =
      switch stage {
      case .layer: turns.arena.whole
      // The heads of all models are needed side by side.
      case .head: turns.arena.share(of: turns.sharer)
      }
    let store = try WeightStore(
      tensors, from: weights.source, threads: threads, in: region, slabPool: turns.slabPool,
      slabWeightLimit: turns.slabWeightLimit, rounding: math.rounding)
    for tensor in tensors { weights.source.release(tensor.name) }
    return Decoder(self, weights: store)
  }

  /// Lets the system read a layer from the disk while the one before it is computed.
  func announceLayer(_ index: Int) {
    guard turns != nil else { return }
    let isLayer = architecture.layers.indices.contains(index)
    let tensors = isLayer ? architecture.layers[index].tensors : architecture.head.tensors
    for tensor in tensors { weights.source.prefetch(tensor.name) }
  }
}
