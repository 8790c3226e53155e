// SPDX-License-Identifier: Apache-2.0

/// Generates several sequences side by side: each step reads parts of prompts, up to a number of tokens,
/// and adds one token to every sequence whose prompt is read.
///
/// Sequences join and leave between steps. One that begins like another shares that one's blocks (see
/// ``CachedSequence/sharing(_:)``) instead of computing the same again. It belongs to one thread.
package final class Generator {
  /// What the sequences may need at most.
  package struct Capacity: Sendable {
    /// Tokens of the longest sequence.
    package var length: Int
    /// Sequences side by side; more wait for their turn.
    package var sequenceCount: Int
    /// Memory for keys and values; nil for what all sequences need at most.
    package var cacheByteLimit: Int?
    package var sharing: PrefixSharing

    package init(
      length: Int, sequenceCount: Int = 1, cacheByteLimit: Int? = nil,
      sharing: PrefixSharing = .sequences
    ) {
      self.length = length
      self.sequenceCount = sequenceCount
      self.cacheByteLimit = cacheByteLimit
      self.sharing = sharing
    }
  }

  /// Which sequences may share what they have in common.
  package enum PrefixSharing: Sendable {
    case none
    /// Those that are generated at the same time.
    case sequences
  }

  let decoder: Decoder
  let capacity: Capacity
  let pool: BlockPool
  /// Tokens that are evaluated at once, where prompts are read.
  let promptStep: Int
  /// In the order of their arrival.
  var active: [GeneratedSequence] = []
  var waiting: [GeneratedSequence] = []
  var workspace: Workspace
  private let shapes: [KeyValueShape]
  private var nextNumber = 0
  let states: FloatBuffer
  let lastStates: FloatBuffer
  let logits: FloatBuffer

  /// - Parameter decoder: with all weights in memory.
  package init(_ decoder: Decoder, capacity: Capacity) {
    precondition(decoder.turns == nil, "generation needs all layers in memory")
    self.decoder = decoder
    var capacity = capacity
    capacity.length = max(1, min(capacity.length, decoder.contextLength))
    capacity.sequenceCount = max(1, capacity.sequenceCount)
    self.capacity = capacity
    promptStep = min(
      Batch.rowTile * min(decoder.threads, 4), capacity.length * capacity.sequenceCount)
    shapes = decoder.architecture.layers.map { layer in
      KeyValueShape(
        layer.attention, keeping: decoder.architecture.latent(keptOf: layer.attention))
    }
    let width = shapes.map(\.blockWidth).max() ?? 0
    let step = min(promptStep, capacity.length)
    let blockCount = shapes.reduce(0) {
      $0 + $1.blockCount(forTokens: capacity.length, segmentLength: step)
    }
    // One more per layer and sequence, for the copy of a block that is shared.
    let needed =
      (blockCount + shapes.count) * capacity.sequenceCount * width * MemoryLayout<Float>.stride
    pool = BlockPool(blockWidth: width, byteLimit: min(capacity.cacheByteLimit ?? .max, needed))
    let rowCount = promptStep + capacity.sequenceCount
    workspace = Workspace(
      for: decoder.architecture,
      capacity: Workspace.Capacity(
        rowCount: rowCount, segmentLength: step, length: capacity.length,
        segmentCount: capacity.sequenceCount), workers: decoder.threads)
    states = FloatBuffer(count: rowCount * decoder.hiddenSize)
    lastStates = FloatBuffer(count: capacity.sequenceCount * decoder.hiddenSize)
    logits = FloatBuffer(count: capacity.sequenceCount * decoder.vocabularySize)
  }

  /// Whether no sequence is on its way.
  package var isIdle: Bool { active.isEmpty && waiting.isEmpty }

  /// Memory that keys and values took at most, in bytes.
  package var peakCacheByteCount: Int { pool.peakCount * pool.blockByteCount }

  /// Memory that keys and values take now, in bytes.
  package var cacheByteCount: Int { pool.usedCount * pool.blockByteCount }

  /// Adds a sequence, from the next step on.
  ///
  /// - Returns: its number.
  /// - Throws: ``InferenceError/emptyPrompt``, ``InferenceError/promptTooLong(length:limit:)``,
  ///   ``InferenceError/tokenOutsideVocabulary(id:vocabularySize:)``
  package func add(_ request: GenerationRequest) throws -> Int {
    guard !request.prompt.isEmpty else { throw InferenceError.emptyPrompt }
    guard request.prompt.count <= capacity.length else {
      throw InferenceError.promptTooLong(length: request.prompt.count, limit: capacity.length)
    }
    try decoder.check(request.prompt)
    let sequence = GeneratedSequence(
      request, number: nextNumber, cache: CachedSequence(shapes, in: pool))
    nextNumber += 1
    waiting.append(sequence)
    return sequence.number
  }

  /// Ends a sequence and returns its blocks; one that has ended already may be named too.
  package func remove(_ number: Int) {
    for sequence in active + waiting where sequence.number == number { sequence.cache.clear() }
    active.removeAll { $0.number == number }
    waiting.removeAll { $0.number == number }
  }
}
