// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Tensors

/// The weights that a computation uses: matrices as they are stored where that can be, everything else
/// as fp32, in memory or read when it is asked for.
///
/// This is the only place that reads tensors from a source. Threads may share one.
final class WeightStore: Sendable {
  /// What becomes of matrices that no kernel can multiply with as they are stored.
  enum Form: Sendable {
    /// They are restored to fp32, once for all products.
    case restored
    /// They stay as they are stored, and some rows are restored at a time for each product. So a model
    /// takes no more memory than its files, whatever they hold.
    case stored
  }

  /// Rows of a tensor that are in memory: all, or the first slabs of a matrix.
  private struct Resident {
    var start: UnsafePointer<Float>
    var slabCount: Int
  }

  let source: any ModelSource
  /// The same source, with what is kept of it.
  let retaining: RetainingSource
  let slabWeightLimit: Int
  /// Read-only once the store is made; what the pointers lead to is freed with `owners`.
  private nonisolated(unsafe) let residents: [TensorReference: Resident]
  private let owners: [FloatBuffer]
  private let mapped: [RetainedBytes]
  /// Matrices that are used as they are stored.
  private let matrices: [TensorReference: CodedMatrix]
  private let slabPool: SlabPool
  /// Tensors that were used as a whole though they are not in memory.
  private let late = Mutex<[TensorReference: FloatBuffer]>([:])
  private let failure = FirstError()

  /// What was taken of a source.
  private struct Loaded {
    var matrices: [TensorReference: CodedMatrix] = [:]
    var buffers: [TensorReference: FloatBuffer] = [:]
    var floats: [TensorReference: RetainedBytes] = [:]
  }

  /// Takes every matrix as it is stored, or in another form where it can't be multiplied with so, and
  /// reads all other tensors into memory, on up to `threads` threads.
  ///
  /// - Parameters:
  ///   - tensors: names and shapes that were found in the source.
  ///   - form: what becomes of other matrices.
  /// - Throws: the source's first error.
  init(
    _ tensors: [TensorReference], from source: any ModelSource, threads: Int,
    slabWeightLimit: Int = WeightSlabs.weightLimit, form: Form = .restored
  ) throws {
    let loaded = Mutex(Loaded())
    let failure = FirstError()
    let retaining = RetainingSource(source)
    concurrently(tensors.count, threads: threads) { index, _ in
      let tensor = tensors[index]
      failure.catching {
        if let matrix = try CodedMatrix(tensor, from: source) {
          loaded.withLock { $0.matrices[tensor] = matrix }
        } else if form == .stored, let floats = try tensor.floats(of: source) {
          loaded.withLock { $0.floats[tensor] = floats }
        } else if form == .stored, tensor.isMatrix {
          try retaining.keep(tensor.name)
        } else {
          let buffer = FloatBuffer(count: tensor.count)
          try tensor.read(from: source, into: buffer.base, threads: 1)
          loaded.withLock { $0.buffers[tensor] = buffer }
        }
      }
    }
    try failure.rethrow()
    let taken = loaded.withLock { $0 }
    self.source = source
    self.retaining = retaining
    self.slabWeightLimit = slabWeightLimit
    owners = Array(taken.buffers.values)
    mapped = Array(taken.floats.values)
    matrices = taken.matrices
    residents = taken.buffers.mapValues { Resident(start: $0.base, slabCount: .max) }.merging(
      taken.floats.mapValues {
        Resident(start: $0.start.assumingMemoryBound(to: Float.self), slabCount: .max)
      }
    ) { $1 }
    let slabs = tensors.lazy.filter(\.isMatrix).map {
      $0.slabs(weightLimit: slabWeightLimit).slabRowCount * $0.shape[1]
    }
    slabPool = SlabPool(weightCount: slabs.max() ?? 0)
  }

  /// What the weights take of anonymous memory, in bytes; what is mapped does not count.
  var ownedByteCount: Int {
    (mapped + matrices.values.flatMap(\.retained)).reduce(
      owners.reduce(retaining.ownedByteCount) { $0 + $1.byteCount }
    ) { $0 + $1.ownedByteCount }
  }

  /// Reads as many of the tensors as fit a region of memory; the rest is read slab by slab whenever
  /// it is used, into memory of `slabPool`.
  ///
  /// - Parameters:
  ///   - tensors: what the next computation uses; those that are no matrices come first.
  ///   - region: is in use as long as the store.
  /// - Throws: the source's first error.
  init(
    _ tensors: [TensorReference], from source: any ModelSource, threads: Int,
    in region: WeightArena.Region, slabPool: SlabPool, slabWeightLimit: Int
  ) throws {
    var residents: [TensorReference: Resident] = [:]
    var room = region
    let ordered = tensors.filter { !$0.isMatrix } + tensors.filter(\.isMatrix)
    for tensor in ordered where residents[tensor] == nil {
      guard tensor.isMatrix else {
        guard let start = room.take(tensor.count) else { continue }
        try tensor.read(from: source, into: start, threads: threads)
        residents[tensor] = Resident(start: UnsafePointer(start), slabCount: .max)
        continue
      }
      let slabs = tensor.slabs(weightLimit: slabWeightLimit)
      var count = slabs.count
      if room.count < tensor.count {
        count = room.count / max(1, slabs.slabRowCount * tensor.shape[1])
      }
      guard count > 0 else { continue }
      let rows = 0..<slabs[count - 1].upperBound
      guard let start = room.take(rows.count * tensor.shape[1]) else { continue }
      try tensor.read(rows: rows, from: source, into: start, threads: threads)
      residents[tensor] = Resident(start: UnsafePointer(start), slabCount: count)
    }
    self.source = source
    retaining = RetainingSource(source)
    self.slabWeightLimit = slabWeightLimit
    self.residents = residents
    owners = [region.owner]
    mapped = []
    matrices = [:]
    self.slabPool = slabPool
  }

  /// The weights of a tensor, row-major; valid as long as the store.
  ///
  /// What is not in memory is read now and stays; where that fails there are zeros, and
  /// ``rethrow()`` says why.
  subscript(_ tensor: TensorReference) -> UnsafePointer<Float> {
    if let resident = residents[tensor], resident.slabCount >= slabs(of: tensor).count {
      return resident.start
    }
    return late.withLock { late in
      if let buffer = late[tensor] { return UnsafePointer(buffer.base) }
      let buffer = FloatBuffer(count: tensor.count)
      buffer.all.initialize(repeating: 0)
      failure.catching { try tensor.read(from: source, into: buffer.base, threads: 1) }
      late[tensor] = buffer
      return UnsafePointer(buffer.base)
    }
  }

  /// A matrix as it is stored; nil where it is not used so.
  func coded(_ matrix: TensorReference) -> CodedMatrix? { matrices[matrix] }

  /// Whether a matrix is stored as a row for each input and not in memory as fp32, so that it is best
  /// used some inputs at a time: ``withInputs(_:of:threads:_:)``.
  func isUsedByInputs(_ matrix: TensorReference) -> Bool {
    matrix.isTransposed && residents[matrix] == nil
  }

  /// Calls `body` with rows of a matrix as fp32, valid during the call.
  ///
  /// Where reading fails there are zeros, and ``rethrow()`` says why.
  func withRows(
    _ rows: Range<Int>, of matrix: TensorReference, _ body: (UnsafePointer<Float>) -> Void
  ) {
    let width = matrix.shape[1]
    if let resident = residents[matrix], resident.slabCount >= slabs(of: matrix).count {
      body(resident.start + rows.lowerBound * width)
      return
    }
    slabPool.withBuffer(of: rows.count * width) { buffer in
      restore(rows, of: matrix, into: buffer)
      body(buffer)
    }
  }

  /// Calls `body` with the weights that some inputs have in all outputs, a row for each input, valid
  /// during the call.
  ///
  /// Where reading fails there are zeros, and ``rethrow()`` says why.
  func withInputs(
    _ inputs: Range<Int>, of matrix: TensorReference, threads: Int,
    _ body: (UnsafePointer<Float>) -> Void
  ) {
    let width = matrix.shape[0]
    slabPool.withBuffer(of: inputs.count * width) { buffer in
      catching(zeroing: buffer, count: inputs.count * width) {
        try matrix.read(inputs: inputs, from: retaining, into: buffer, threads: threads)
      }
      body(buffer)
    }
  }

  private func restore(
    _ rows: Range<Int>, of matrix: TensorReference, into buffer: UnsafeMutablePointer<Float>
  ) {
    if let coded = matrices[matrix] { return coded.restore(rows: rows, into: buffer) }
    catching(zeroing: buffer, count: rows.count * matrix.shape[1]) {
      try matrix.read(rows: rows, from: retaining, into: buffer)
    }
  }

  private func catching(
    zeroing buffer: UnsafeMutablePointer<Float>, count: Int, _ read: () throws -> Void
  ) {
    failure.catching {
      do { try read() } catch {
        buffer.update(repeating: 0, count: count)
        throw error
      }
    }
  }

  /// How products with a matrix are cut.
  func slabs(of matrix: TensorReference) -> WeightSlabs {
    matrix.slabs(weightLimit: slabWeightLimit)
  }

  /// Calls `body` with the weights of one slab of a matrix, row-major, valid during the call.
  ///
  /// Where reading fails there are zeros, and ``rethrow()`` says why.
  func withSlab(
    _ slab: Int, of matrix: TensorReference, _ body: (Range<Int>, UnsafePointer<Float>) -> Void
  ) {
    let slabs = slabs(of: matrix)
    let rows = slabs[slab]
    if let resident = residents[matrix], slab < resident.slabCount {
      body(rows, resident.start + rows.lowerBound * matrix.shape[1])
      return
    }
    slabPool.withBuffer(of: slabs.slabRowCount * matrix.shape[1]) { buffer in
      restore(rows, of: matrix, into: buffer)
      body(rows, buffer)
    }
  }

  /// Copies rows of a matrix, `rows.count * columns` numbers.
  ///
  /// - Throws: the source's error.
  func copy(
    rows: [Int], of matrix: TensorReference, to out: UnsafeMutablePointer<Float>, threads: Int
  ) throws {
    let (slabs, width) = (slabs(of: matrix), matrix.shape[1])
    if let coded = matrices[matrix] {
      for (place, row) in rows.enumerated() {
        coded.restore(rows: row..<row + 1, into: out + place * width)
      }
      return
    }
    let places = Dictionary(grouping: rows.indices) { rows[$0] / slabs.slabRowCount }
    for (slab, places) in places {
      if let resident = residents[matrix], slab < resident.slabCount {
        for place in places {
          (out + place * width).update(from: resident.start + rows[place] * width, count: width)
        }
      } else if places.count < Self.slabWorthRows {
        for place in places {
          try matrix.read(
            rows: rows[place]..<rows[place] + 1, from: retaining, into: out + place * width)
        }
      } else {
        let range = slabs[slab]
        try slabPool.withBuffer(of: slabs.slabRowCount * width) { buffer in
          try matrix.read(rows: range, from: retaining, into: buffer, threads: threads)
          for place in places {
            (out + place * width).update(
              from: buffer + (rows[place] - range.lowerBound) * width, count: width)
          }
        }
      }
    }
  }

  /// From so many rows on a whole slab is read: a source may restore a frame for every row.
  private static let slabWorthRows = 16

  /// Throws the first error of a read that could not throw it.
  func rethrow() throws { try failure.rethrow() }
}

extension TensorReference {
  /// How products with a matrix are cut; one slab for anything else.
  func slabs(weightLimit: Int) -> WeightSlabs {
    isMatrix
      ? WeightSlabs(rowCount: shape[0], columnCount: shape[1], weightLimit: weightLimit)
      : WeightSlabs(rowCount: 1, columnCount: 1)
  }
}
