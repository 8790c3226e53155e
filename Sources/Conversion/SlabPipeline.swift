// SPDX-License-Identifier: Apache-2.0

import Container
import Foundation
import Quantization
import Tensors

/// Takes the tensors of a plan through read → encode → measure → write, slab by slab, on all cores.
final class SlabPipeline {
  /// One tensor as it was written.
  struct Written {
    var entry: Directory.Tensor
    var storedByteCount: Int
    /// Nil where the tensor was kept.
    var statistics: ErrorStatistics?
  }

  private struct Unit {
    enum Pass { case scan, encode }
    var job: Int
    var pass: Pass
    var slab: Int
  }

  let digests: SourceDigests
  private(set) var peakMemory = PeakMemory()
  private let source: any ModelSource
  private let writer: ContainerWriter
  private let jobs: [TensorJob]

  /// Declares the components of all tensors, so that their numbers do not depend on scheduling.
  init(plan: [Plan.Entry], source: any ModelSource, writer: ContainerWriter) throws {
    self.source = source
    self.writer = writer
    let digests = SourceDigests(source)
    self.digests = digests
    jobs = try plan.map { entry in
      try TensorJob(
        entry, writer: writer, location: digests.location(of: entry.tensor.name, in: source))
    }
  }

  /// Does all the work; returns the tensors in the order of the plan.
  func run(threads: Int, progress: (ConversionProgress) -> Void) throws -> [Written] {
    let units = jobs.indices.flatMap { job -> [Unit] in
      let slabs = 0..<jobs[job].slabCount
      let scans = jobs[job].needsScan ? slabs.map { Unit(job: job, pass: .scan, slab: $0) } : []
      return scans + slabs.map { Unit(job: job, pass: .encode, slab: $0) }
    }
    let workers = (0..<max(1, threads)).map { _ in Worker() }
    let bytesInAll = jobs.reduce(0) { $0 + $1.sourceByteCount }
    var bytesDone = 0
    let work = OrderedWork(onFailure: writer.abandon)
    try work.run(count: units.count, threads: threads) { index, workerIndex in
      let unit = units[index]
      let job = jobs[unit.job]
      switch unit.pass {
      case .scan: try scan(job, unit.slab, workers[workerIndex], work, index)
      case .encode:
        let byteCount = try encode(job, unit.slab, workers[workerIndex], work, index)
        work.signal {
          bytesDone += byteCount
          if index % 8 == 0 { peakMemory.sample() }
          progress(ConversionProgress(bytesDone: bytesDone, bytesInAll: bytesInAll))
        }
      }
    }
    return jobs.map(\.written)
  }

  private func scan(
    _ job: TensorJob, _ slab: Int, _ worker: Worker, _ work: OrderedWork, _ unit: Int
  ) throws {
    try withSlab(slab, of: job) { try job.encoder?.scan($0, scratch: worker.scratch) }
    work.signal { job.scannedSlabCount += 1 }
    try work.inTurn(unit) {}
  }

  /// Encodes one slab and writes its frames; returns the source bytes that it took.
  private func encode(
    _ job: TensorJob, _ slab: Int, _ worker: Worker, _ work: OrderedWork, _ unit: Int
  ) throws -> Int {
    if job.needsScan {
      try work.wait { job.scannedSlabCount == job.slabCount }
      if slab == 0 {
        job.afterScan = try job.encoder?.finishScan() ?? []
        work.signal { job.isScanFinished = true }
      } else {
        try work.wait { job.isScanFinished }
      }
    }
    return try withSlab(slab, of: job) { weights in
      if job.encoder == nil { digest(weights, 0..<weights.count, of: job) }
      var frames: [ContainerWriter.PreparedFrame] = []
      var lost: ErrorStatistics?
      if let encoder = job.encoder {
        let outputs = worker.outputs(job.slabByteCounts)
        lost = try encodeInStrips(weights, of: job, encoder, into: outputs, worker)
        for (position, component) in job.slabComponents.enumerated() {
          let count = job.byteCount(of: slab, position)
          frames.append(
            try writer.prepare(
              UnsafeRawBufferPointer(rebasing: outputs[position][..<count]), of: component,
              index: slab, coder: worker.coder(position)))
        }
      } else {
        frames = [
          try writer.prepare(
            weights.bytes, of: job.slabComponents[0], index: slab, coder: worker.coder(0))
        ]
      }
      let placed = try work.inTurn(unit) {
        if slab == 0 { try job.writeAfterScan(to: writer, coder: worker.spareCoder) }
        if let lost { job.statistics.add(lost) }
        if slab == job.slabCount - 1 { job.releaseEncoder() }
        return frames.map(writer.place)
      }
      for frame in placed { try writer.write(frame) }
      return weights.bytes.count
    }
  }

  /// Encodes a slab some weights at a time, so that they are still in the cache when they have been
  /// checksummed.
  private func encodeInStrips(
    _ slab: Slab, of job: TensorJob, _ encoder: any TensorEncoder,
    into outputs: [UnsafeMutableRawBufferPointer], _ worker: Worker
  ) throws -> ErrorStatistics {
    var statistics = ErrorStatistics()
    for start in stride(from: 0, to: slab.count, by: job.stripWeightCount) {
      let range = start..<min(start + job.stripWeightCount, slab.count)
      digest(slab, range, of: job)
      // Strips are whole blocks, so each output's share is a whole number of bytes.
      let rests = zip(outputs, job.slabByteCounts).map { output, byteCount in
        UnsafeMutableRawBufferPointer(rebasing: output[(byteCount * start / job.slabWeightCount)...])
      }
      statistics.add(try encoder.encode(slab[range], into: rests, scratch: worker.scratch))
    }
    return statistics
  }

  /// Notes the checksum of some weights' bytes, if the source's files are digested.
  private func digest(_ slab: Slab, _ range: Range<Int>, of job: TensorJob) {
    guard let location = job.location else { return }
    let bytes = slab[range].bytes
    let start =
      location.range.lowerBound + job.byteRange(of: slab.elements).lowerBound
      + job.byteRange(of: range).lowerBound
    digests.add(bytes, file: location.file, range: start..<start + bytes.count)
  }

  /// Calls `body` with a slab where it lies.
  private func withSlab<Result>(
    _ index: Int, of job: TensorJob, _ body: (Slab) throws -> Result
  ) throws -> Result {
    let elements = job.elements(of: index)
    let range = job.byteRange(of: elements)
    return try source.withStoredBytes(of: job.tensor.name, in: range) { bytes in
      return try body(
        Slab(
          tensor: job.tensor.name, elements: elements, bytes: bytes,
          elementType: job.tensor.elementType))
    }
  }
}

/// The buffers of one thread.
private final class Worker: @unchecked Sendable {
  let scratch = Scratch()
  let spareCoder = FrameCoder()
  private var coders: [FrameCoder] = []
  private var buffers: [UnsafeMutableRawBufferPointer] = []

  deinit { buffers.forEach { $0.deallocate() } }

  /// The coder of the output at a position: frames of one slab are held at the same time.
  func coder(_ position: Int) -> FrameCoder {
    while coders.count <= position { coders.append(FrameCoder()) }
    return coders[position]
  }

  /// Buffers of at least the given sizes; what they held is lost.
  func outputs(_ byteCounts: [Int]) -> [UnsafeMutableRawBufferPointer] {
    for (position, byteCount) in byteCounts.enumerated() {
      if position == buffers.count {
        buffers.append(.allocate(byteCount: byteCount, alignment: 64))
      } else if buffers[position].count < byteCount {
        buffers[position].deallocate()
        buffers[position] = .allocate(byteCount: byteCount, alignment: 64)
      }
    }
    return buffers
  }
}
