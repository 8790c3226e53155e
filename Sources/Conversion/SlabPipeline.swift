// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantization
import Tensors

/// Takes the tensors of a plan through read → encode → measure → write, slab by slab, on all cores.
final class SlabPipeline<Sink: TensorSink> {
  private struct Unit {
    enum Pass { case scan, encode }
    var job: Int
    var pass: Pass
    var slab: Int
  }

  let digests: SourceDigests
  private(set) var peakMemory = PeakMemory()
  private let source: any ModelSource
  private let sink: Sink
  private let jobs: [TensorJob]

  /// Declares all tensors.
  init(plan: [Plan.Entry], source: any ModelSource, sink: Sink) throws {
    self.source = source
    self.sink = sink
    let digests = SourceDigests(sink.recordsSources ? source.mappedFiles : [])
    self.digests = digests
    let records = plan.map(\.record)
    jobs = try zip(zip(plan, records), sink.declare(records)).map { planned, components in
      TensorJob(
        planned.0, planned.1, components: components,
        location: digests.location(of: planned.0, in: source))
    }
  }

  /// Does all the work; returns the tensors in the order of the plan.
  func run(threads: Int, progress: (ConversionProgress) -> Void) throws -> [WrittenTensor] {
    let units = jobs.indices.flatMap { job -> [Unit] in
      let slabs = 0..<jobs[job].slabCount
      let scans = jobs[job].needsScan ? slabs.map { Unit(job: job, pass: .scan, slab: $0) } : []
      return scans + slabs.map { Unit(job: job, pass: .encode, slab: $0) }
    }
    let workers = (0..<max(1, threads)).map { _ in Worker<Sink>(coder: sink.makeCoder()) }
    let bytesInAll = jobs.reduce(0) { $0 + $1.sourceByteCount }
    var bytesDone = 0
    // Slabs that wait to be written are as many as those being encoded, and one to go on with.
    let output = WriteBehind(sink, slabLimit: 2 * workers.count + 1)
    let work = OrderedWork {
      output.cancel()
      self.sink.cancel()
    }
    try work.run(count: units.count, threads: threads) { index, workerIndex in
      let unit = units[index]
      let job = jobs[unit.job]
      switch unit.pass {
      case .scan: try scan(job, unit.slab, workers[workerIndex], work, index)
      case .encode:
        let byteCount = try encode(job, unit.slab, workers[workerIndex], output, work, index)
        work.signal {
          bytesDone += byteCount
          if index % 16 == 0 { peakMemory.sample() }
          progress(ConversionProgress(bytesDone: bytesDone, bytesInAll: bytesInAll))
        }
      }
    }
    return jobs.map(\.written)
  }

  private func scan(
    _ job: TensorJob, _ slab: Int, _ worker: Worker<Sink>, _ work: OrderedWork, _ unit: Int
  ) throws {
    try withSlab(slab, of: job) { try job.encoder?.scan($0, scratch: worker.scratch) }
    work.signal { job.scannedSlabCount += 1 }
    try work.inTurn(unit) {}
  }

  /// Encodes one slab and sees that its frames are written; returns the source bytes that it took.
  private func encode(
    _ job: TensorJob, _ slab: Int, _ worker: Worker<Sink>, _ output: WriteBehind<Sink>,
    _ work: OrderedWork, _ unit: Int
  ) throws -> Int {
    if job.isKept { return try keep(job, slab, output, work, unit) }
    if job.needsScan { try awaitScan(of: job, slab, work) }
    let buffers = try output.takeBuffers()
    let outputs = buffers.outputs(job.slabByteCounts)
    var lost = ErrorStatistics()
    var byteCount = 0
    if let stored = job.stored {
      byteCount = try job.copy(slab, of: stored, into: outputs)
    } else if let encoder = job.encoder {
      (lost, byteCount) = try withSlab(slab, of: job) { weights in
        (
          try encodeInStrips(weights, of: job, by: encoder, into: outputs, worker.scratch),
          weights.bytes.count
        )
      }
    }
    let frames = try job.slabPositions.enumerated().map { place, position in
      let bytes = outputs[place][..<job.byteCount(of: slab, place)]
      return try sink.prepare(
        UnsafeRawBufferPointer(rebasing: bytes), of: job.components[position], index: slab,
        coder: buffers.coder(place))
    }
    let placed = try work.inTurn(unit) {
      if slab == 0 { try job.writeLate(to: sink, coder: worker.coder) }
      job.statistics.add(lost)
      if slab == job.slabCount - 1 { job.releaseEncoder() }
      return frames.map(sink.place)
    }
    try output.write(placed, in: buffers)
    return byteCount
  }

  /// Writes one slab of a tensor whose bytes are kept, from where they lie.
  private func keep(
    _ job: TensorJob, _ slab: Int, _ output: WriteBehind<Sink>, _ work: OrderedWork, _ unit: Int
  ) throws -> Int {
    let buffers = try output.takeBuffers()
    return try withSlab(slab, of: job) { weights in
      digest(weights, of: job, Kernels.active.crc32c(weights.bytes))
      let frame = try sink.prepare(
        weights.bytes, of: job.components[job.slabPositions[0]], index: slab,
        coder: buffers.coder(0))
      let placed = try work.inTurn(unit) { sink.place(frame) }
      try output.writeNow([placed], in: buffers)
      return weights.bytes.count
    }
  }

  /// Notes the checksum of a slab's bytes in its file, if the source's files are digested.
  private func digest(
    _ slab: Slab, of job: TensorJob, _ checksum: @autoclosure () -> UInt32
  ) {
    guard let location = job.location else { return }
    let start = location.range.lowerBound + job.byteRange(of: slab.elements).lowerBound
    digests.add(checksum(), file: location.file, range: start..<start + slab.bytes.count)
  }

  /// Waits until all slabs of a tensor are scanned; who has the first one ends the scan.
  private func awaitScan(of job: TensorJob, _ slab: Int, _ work: OrderedWork) throws {
    try work.wait { job.scannedSlabCount == job.slabCount }
    if slab == 0 {
      job.afterScan = try job.encoder?.finishScan() ?? []
      work.signal { job.isScanFinished = true }
    } else {
      try work.wait { job.isScanFinished }
    }
  }

  /// Checksums and encodes a slab some weights at a time, so that the second finds them in the cache.
  private func encodeInStrips(
    _ slab: Slab, of job: TensorJob, by encoder: any TensorEncoder,
    into outputs: [UnsafeMutableRawBufferPointer], _ scratch: Scratch
  ) throws -> ErrorStatistics {
    var statistics = ErrorStatistics()
    var checksum: UInt32 = 0
    for start in stride(from: 0, to: slab.count, by: job.stripWeightCount) {
      let end = min(start + job.stripWeightCount, slab.count)
      let strip = slab[start..<end]
      if job.location != nil {
        checksum = Kernels.active.crc32c(strip.bytes, continuing: checksum)
      }
      // While this strip is encoded, the memory has time for the next one.
      Kernels.touch(slab[end..<min(end + job.stripWeightCount, slab.count)].bytes)
      // Strips are whole blocks, so each output's share is a whole number of bytes.
      let rests = zip(outputs, job.slabByteCounts).map { output, byteCount in
        UnsafeMutableRawBufferPointer(
          rebasing: output[(byteCount * start / job.slabWeightCount)...])
      }
      statistics.add(try encoder.encode(strip, into: rests, scratch: scratch))
    }
    digest(slab, of: job, checksum)
    return statistics
  }

  /// Calls `body` with a slab where it lies.
  private func withSlab<Result>(
    _ index: Int, of job: TensorJob, _ body: (Slab) throws -> Result
  ) throws -> Result {
    let elements = job.elements(of: index)
    let range = job.byteRange(of: elements)
    defer { source.release(job.tensor.name, in: range) }
    return try source.withStoredBytes(of: job.tensor.name, in: range) { bytes in
      try body(
        Slab(
          tensor: job.tensor.name, elements: elements, bytes: bytes,
          elementType: job.tensor.elementType))
    }
  }
}

/// What one thread works with.
private final class Worker<Sink: TensorSink>: Sendable {
  let scratch = Scratch()
  let coder: Sink.Coder

  init(coder: Sink.Coder) { self.coder = coder }
}
