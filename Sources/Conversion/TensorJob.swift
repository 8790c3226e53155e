// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantization
import Tensors

/// One tensor on its way through the pipeline.
final class TensorJob: @unchecked Sendable {
  let record: TensorRecord
  /// The sink's numbers of its components, in layout order.
  let components: [Int]
  /// Its components where they are copied.
  let stored: StoredTensor?
  /// Where its bytes are among the source's files, if they are digested.
  let location: (file: Int, range: Range<Int>)?
  /// The positions of the components that get a frame from each slab, and how much a full slab gives.
  let slabPositions: [Int]
  let slabByteCounts: [Int]

  // Changed by one thread at a time: in turn, or under the work's lock.
  var statistics = ErrorStatistics()
  var scannedSlabCount = 0
  var isScanFinished = false
  var afterScan: [[UInt8]] = []

  /// With double quantization an encoder holds the scales of the whole tensor, so it is made when the
  /// first slab comes and let go after the last.
  private var liveEncoder: (any TensorEncoder)?
  private let encoderLock = NSLock()
  private let entry: Plan.Entry
  private let latePositions: [Int]

  /// - Parameter components: the sink's numbers of the record's components.
  init(
    _ entry: Plan.Entry, _ record: TensorRecord, components: [Int],
    location: (file: Int, range: Range<Int>)?
  ) {
    self.entry = entry
    self.record = record
    self.components = components
    self.location = location
    stored = entry.stored
    var perSlab: [(position: Int, byteCount: Int)] = []
    var late: [Int] = []
    for (position, component) in record.layout.components.enumerated() {
      switch component.content {
      case .constant: continue
      case .perSlab(let byteCount): perSlab.append((position, byteCount))
      case .afterScan: late.append(position)
      }
    }
    slabPositions = perSlab.map(\.position)
    slabByteCounts = perSlab.map(\.byteCount)
    latePositions = late
    needsScan = entry.scheme != nil && record.layout.needsScan
  }

  /// Whether the tensor's bytes are written as they are.
  var isKept: Bool { entry.scheme == nil && stored == nil }

  var tensor: TensorDescription { record.tensor }
  var slabWeightCount: Int { record.layout.slabWeightCount }
  /// Weights that are digested and encoded at a time; outputs divide evenly there.
  var stripWeightCount: Int { record.layout.stripWeightCount }

  /// Whether every slab must be seen once before any is encoded.
  let needsScan: Bool

  /// The encoder, or nil where what is stored is kept.
  var encoder: (any TensorEncoder)? {
    encoderLock.withLock {
      if liveEncoder == nil, let scheme = entry.scheme, let layout = entry.layout {
        liveEncoder = scheme.makeEncoder(for: tensor, layout: layout)
      }
      return liveEncoder
    }
  }

  /// Lets the encoder go; called in the turn of the last slab, when all others are encoded.
  func releaseEncoder() { encoderLock.withLock { liveEncoder = nil } }

  /// The number of slabs: none where there are no weights.
  var slabCount: Int { (tensor.elementCount + slabWeightCount - 1) / slabWeightCount }

  var sourceByteCount: Int { tensor.storedByteCount }

  /// The weights of a slab.
  func elements(of slab: Int) -> Range<Int> {
    let start = slab * slabWeightCount
    return start..<min(start + slabWeightCount, tensor.elementCount)
  }

  /// The bytes of some weights, counted from the tensor's first.
  func byteRange(of elements: Range<Int>) -> Range<Int> {
    let bits = tensor.elementType.bitWidth
    return elements.lowerBound * bits / 8..<elements.upperBound * bits / 8
  }

  /// The bytes that a slab gives for the output at a place: those of a full slab, or what the
  /// component still lacks.
  func byteCount(of slab: Int, _ place: Int) -> Int {
    let full = slabByteCounts[place]
    guard slab == slabCount - 1 else { return full }
    return record.layout.components[slabPositions[place]].byteCount - slab * full
  }

  /// Copies a slab's share of the components; returns how many bytes that is.
  func copy(
    _ slab: Int, of stored: StoredTensor, into outputs: [UnsafeMutableRawBufferPointer]
  ) throws -> Int {
    var sum = 0
    for (place, position) in slabPositions.enumerated() {
      let start = slab * slabByteCounts[place]
      let count = byteCount(of: slab, place)
      try stored.withBytes(of: position, in: start..<start + count) {
        outputs[place].copyMemory(from: $0)
      }
      sum += count
    }
    return sum
  }

  /// Writes the components that come whole: those that the scan gave, or that are copied.
  func writeLate<Sink: TensorSink>(to sink: Sink, coder: Sink.Coder) throws {
    for (place, position) in latePositions.enumerated() {
      let bytes = try stored?.bytes(of: position) ?? afterScan[place]
      try bytes.withUnsafeBytes { try sink.writeAll($0, to: components[position], coder: coder) }
    }
    afterScan = []
  }

  /// The tensor, and what it took.
  var written: WrittenTensor {
    WrittenTensor(
      record: record, components: components, storedByteCount: entry.storedByteCount,
      statistics: entry.scheme == nil ? nil : statistics)
  }
}
