// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Quantization
import Synchronization
import Tensors

/// Stage 3, WRITE: a model's folder of safetensors files in which a runtime finds the arrays that it
/// expects: one `model.safetensors`, or shards and their index, and the assets.
///
/// The arrays of one tensor are in one file. A file is open only while its tensors are written, and
/// the folder appears under its name when it is complete.
package final class SafetensorsSink: TensorSink {
  /// There is nothing to code.
  package final class Coder: Sendable {}

  package struct Frame {
    let component: Int
    let index: Int
    let bytes: UnsafeRawBufferPointer
  }

  /// Which bytes of which file a component is.
  fileprivate struct Place {
    var shard: SafetensorsShard
    var array: SafetensorsArray
    /// The bytes of each frame but the last.
    var frameByteCount: Int

    /// Writes a component's bytes from an offset on.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
      guard case .arranged(_, let arrangement) = array.content else {
        return try shard.write(bytes, to: array.name, at: offset)
      }
      try arrangement.arrange(bytes, at: offset) { try shard.write($0, to: array.name, at: $1) }
    }
  }

  fileprivate struct State {
    var shards: [SafetensorsShard] = []
    /// By component; nil where nothing is written of one.
    var places: [Place?] = []
    /// Names the file of every array.
    var shardNames: [String: String] = [:]
    var elementCount = 0
  }

  private let directory: AtomicDirectory
  private let shardByteLimit: Int
  private let metadata: [String: String]
  private let arrays: @Sendable (TensorRecord) throws -> [SafetensorsArray]
  private let state = Mutex(State())

  /// Creates the folder, hidden until it is complete, and writes the assets.
  ///
  /// - Parameters:
  ///   - shardByteLimit: a file holds more than this only where a single tensor does.
  ///   - arrays: the arrays in which the runtime looks for a tensor.
  /// - Throws: ``CheckpointError``.
  package init(
    path: String, assets: [Asset], shardByteLimit: Int, metadata: [String: String],
    overwrite: Bool, arrays: @escaping @Sendable (TensorRecord) throws -> [SafetensorsArray]
  ) throws {
    self.shardByteLimit = shardByteLimit
    self.metadata = metadata
    self.arrays = arrays
    for asset in assets
    where !SafetensorsIndex.isPlainName(asset.name) || asset.name.hasSuffix(".safetensors") {
      throw CheckpointError.unusableAssetName(directory: path, name: asset.name)
    }
    directory = try AtomicDirectory(path: path, overwrite: overwrite)
    for asset in assets { try write(asset.contents, as: asset.name) }
  }

  package var recordsSources: Bool { false }

  package func makeCoder() -> Coder { Coder() }

  package func declare(_ records: [TensorRecord]) throws -> [[Int]] {
    let tensors = try records.map { (record: $0, arrays: try arrays($0)) }
    let groups = Self.groups(
      of: tensors.map { $0.arrays.reduce(0) { $0 + $1.byteCount } }, limit: shardByteLimit)
    var declared = State()
    var numbers: [[Int]] = []
    for (place, group) in groups.enumerated() {
      let name = ShardPlan.name(of: place, in: groups.count)
      let directory = directory
      let shard = try SafetensorsShard(
        name: name, arrays: tensors[group].flatMap(\.arrays), metadata: metadata,
        path: FilePath.join(directory.path, name), open: { try directory.file(named: name) })
      declared.shards.append(shard)
      for tensor in tensors[group] {
        numbers.append(declared.add(tensor.record, tensor.arrays, to: shard))
      }
    }
    let names = declared.shardNames
    guard tensors.allSatisfy({ $0.arrays.allSatisfy { names[$0.name] != nil } }),
      names.count == tensors.reduce(0, { $0 + $1.arrays.count })
    else { throw duplicate(in: tensors.flatMap(\.arrays)) }
    state.withLock { $0 = declared }
    return numbers
  }

  private func duplicate(in arrays: [SafetensorsArray]) -> CheckpointError {
    var seen = Set<String>()
    let name = arrays.first { !seen.insert($0.name).inserted }?.name ?? ""
    return .duplicateTensor(tensor: name, file: directory.path, otherFile: directory.path)
  }

  /// Runs of tensors, none empty unless there are no tensors, that stay below the limit together.
  private static func groups(of byteCounts: [Int], limit: Int) -> [Range<Int>] {
    var bounds = [0]
    var used = 0
    for (index, byteCount) in byteCounts.enumerated() {
      if used > 0, used > limit - byteCount {
        bounds.append(index)
        used = 0
      }
      used += byteCount
    }
    return zip(bounds, bounds.dropFirst() + [byteCounts.count]).map { $0..<$1 }
  }

  package func prepare(
    _ bytes: UnsafeRawBufferPointer, of component: Int, index: Int, coder: Coder
  ) throws -> Frame { Frame(component: component, index: index, bytes: bytes) }

  /// Every byte has its place from the beginning.
  package func place(_ frame: Frame) -> Frame { frame }

  package func write(_ frame: Frame) throws {
    guard let place = place(of: frame.component) else { return }
    try place.write(frame.bytes, at: frame.index * place.frameByteCount)
  }

  package func writeAll(
    _ bytes: UnsafeRawBufferPointer, to component: Int, coder: Coder
  ) throws {
    guard let place = place(of: component) else { return }
    if place.array.isMade {
      try place.shard.make(place.array.name, from: Array(bytes))
    } else {
      try place.write(bytes, at: 0)
    }
  }

  private func place(of component: Int) -> Place? { state.withLock { $0.places[component] } }

  package func finish(_ tensors: [WrittenTensor], record: ConversionRecord) throws -> Int {
    let done = state.withLock { $0 }
    for shard in done.shards { try shard.finish() }
    if done.shards.count > 1 {
      try write(
        ShardPlan.index(
          shardNames: done.shardNames, elementCount: done.elementCount,
          byteCount: done.shards.reduce(0) { $0 + $1.arrayByteCount }),
        as: CheckpointLayout.indexName)
    }
    try directory.commit()
    return done.shards.reduce(0) { $0 + $1.byteCount }
  }

  package func cancel() {}

  package func abandon() {
    for shard in state.withLock({ $0.shards }) { shard.abandon() }
    directory.abandon()
  }

  private func write(_ contents: Data, as name: String) throws {
    let file = try directory.file(named: name)
    try file.append(contents)
    try file.commit()
  }
}

extension SafetensorsSink.State {
  /// Gives the components of a tensor their places; returns their numbers.
  fileprivate mutating func add(
    _ record: TensorRecord, _ arrays: [SafetensorsArray], to shard: SafetensorsShard
  ) -> [Int] {
    elementCount += record.tensor.elementCount
    for array in arrays { shardNames[array.name] = shard.name }
    return record.layout.components.enumerated().map { position, component in
      let array = arrays.first { array in
        switch array.content {
        case .component(position), .made(from: position, _, _), .arranged(from: position, _): true
        default: false
        }
      }
      var frameByteCount = 0
      if case .perSlab(let byteCount) = component.content { frameByteCount = byteCount }
      places.append(
        array.map { .init(shard: shard, array: $0, frameByteCount: frameByteCount) })
      return places.count - 1
    }
  }
}
