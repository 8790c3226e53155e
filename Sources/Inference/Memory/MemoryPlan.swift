// SPDX-License-Identifier: Apache-2.0

/// How models are run within a limit of memory, one beside the other.
///
/// What is planned is anonymous memory. Pages of mapped files don't count: the system takes them back
/// when it needs them.
package struct MemoryPlan: Sendable {
  /// What is to be run.
  package struct Task: Sendable {
    package var models: [RunnableModel]
    package var windowCount: Int
    package var windowLength: Int
    package var threads: Int
    /// What everything but the models takes, in bytes: the program, the text, logits, results.
    package var otherByteCount: Int

    package init(
      models: [RunnableModel], windowCount: Int, windowLength: Int, threads: Int,
      otherByteCount: Int
    ) {
      self.models = models
      self.windowCount = windowCount
      self.windowLength = windowLength
      self.threads = threads
      self.otherByteCount = otherByteCount
    }
  }

  /// An evaluation needs no more positions than this: reading a layer costs far less than computing
  /// it for so many, and who is interrupted loses no more.
  static let positionLimit = 1 << 15
  /// What a thread takes for the packed operands of a product and for restoring a piece of a tensor.
  static let threadByteCount = 12 << 20

  /// How many windows one evaluation takes.
  package private(set) var windowsPerEvaluation: Int
  /// How many weights the arena holds.
  let arenaCount: Int
  let windowsPerStep: Int
  let slabWeightLimit: Int
  /// Weights of the largest slab.
  let slabCount: Int

  /// Divides the memory: first the smallest step, then the largest layer, then more windows.
  ///
  /// - Parameter limit: anonymous memory of the whole process, in bytes.
  /// - Throws: ``InferenceError/memoryLimitTooSmall(limit:needed:)``.
  package init(
    _ task: Task, limit: Int, slabWeightLimit: Int = WeightSlabs.weightLimit
  ) throws(InferenceError) {
    let sizes = Sizes(task, slabWeightLimit: slabWeightLimit)
    self.slabWeightLimit = slabWeightLimit
    slabCount = sizes.largestSlab
    let useful = min(max(1, task.windowCount), Self.usefulStep(task))
    let wholeLayers = (1...useful).last { step in
      sizes.fixed(step: step, arena: sizes.largestLayer) + step * sizes.window <= limit
    }
    if let wholeLayers {
      windowsPerStep = wholeLayers
      arenaCount = sizes.largestLayer
    } else {
      // The room that a single window leaves goes to the weights; what does not fit is read by slabs.
      let least = sizes.fixed(step: 1, arena: sizes.largestVector) + sizes.window
      guard least <= limit else {
        throw .memoryLimitTooSmall(limit: limit, needed: least)
      }
      windowsPerStep = 1
      arenaCount = sizes.largestVector + (limit - least) / MemoryLayout<Float>.stride
    }
    let room = limit - sizes.fixed(step: windowsPerStep, arena: arenaCount)
    let fitting = max(1, room / sizes.window)
    let worthwhile = max(windowsPerStep, Self.positionLimit / max(1, task.windowLength))
    let most = min(fitting, worthwhile, max(1, task.windowCount))
    // All evaluations about equally large, for each reads the whole model.
    let count = (task.windowCount + most - 1) / most
    windowsPerEvaluation = (task.windowCount + count - 1) / max(1, count)
  }

  /// Enough windows side by side that no thread is idle for long.
  private static func usefulStep(_ task: Task) -> Int {
    let tiles = max(1, Batch(windowCount: 1, windowLength: task.windowLength).tiles.count)
    return max(1, min(8, (2 * task.threads + tiles - 1) / tiles))
  }

  /// How the models take turns, in the order of the task.
  package func turns(for models: Int) -> [LayerTurns] {
    let arena = WeightArena(count: arenaCount, sharerCount: models)
    let pool = SlabPool(weightCount: slabCount)
    return (0..<models).map {
      LayerTurns(
        arena: arena, sharer: $0, slabPool: pool, slabWeightLimit: slabWeightLimit,
        windowsPerEvaluation: windowsPerEvaluation, windowsPerStep: windowsPerStep)
    }
  }
}

extension MemoryPlan {
  /// What the parts of a task take.
  private struct Sizes {
    /// Weights of the largest layer of any model.
    var largestLayer = 0
    /// The same, counting only tensors that can't be used slab by slab.
    var largestVector = 0
    /// Bytes of states per window, of all models.
    var window = 0
    /// Weights of the largest slab of any matrix.
    var largestSlab = 0
    private var other: Int
    private let task: Task

    init(_ task: Task, slabWeightLimit: Int) {
      self.task = task
      other = task.otherByteCount + task.threads * MemoryPlan.threadByteCount
      for architecture in task.models.map(\.architecture) {
        let width = MemoryLayout<Float>.stride
        window += task.windowLength * architecture.hiddenSize * width
        let last = architecture.lastTensors.filter { !$0.isMatrix }
        for layer in architecture.layers.map(\.tensors) + [last] {
          largestLayer = max(largestLayer, Self.count(layer))
          largestVector = max(largestVector, Self.count(layer.filter { !$0.isMatrix }))
        }
        let matrices = (architecture.tensors).filter(\.isMatrix)
        for matrix in matrices {
          let rows = matrix.slabs(weightLimit: slabWeightLimit).slabRowCount
          largestSlab = max(largestSlab, rows * matrix.shape[1])
        }
      }
      // Each head has its share of the arena, which must hold what is no matrix.
      largestVector *= task.models.count
      largestLayer = max(largestLayer, largestVector)
    }

    private static func count(_ tensors: [TensorReference]) -> Int {
      Set(tensors).reduce(0) { $0 + WeightArena.rounded($1.count) }
    }

    /// Everything but states.
    func fixed(step: Int, arena: Int) -> Int {
      let workspaces = task.models.map(\.architecture).reduce(0) { sum, architecture in
        let batch = Batch(
          windowCount: step, windowLength: task.windowLength, tiling: architecture.compute.tiling)
        return sum
          + Workspace(for: architecture, batch: batch, workers: task.threads).byteCount
      }
      return other + workspaces
        + (task.threads * largestSlab + arena) * MemoryLayout<Float>.stride
    }
  }
}
