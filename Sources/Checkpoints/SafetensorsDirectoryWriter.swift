// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import Tensors

/// Writes a model's folder: one `model.safetensors`, or shards and their index, and the assets.
///
/// Tensors are filled as ``SafetensorsWriter`` does it. A shard's file is open only while it is
/// being filled. The folder appears under its name at ``commit()``, complete or not at all.
package final class SafetensorsDirectoryWriter: Sendable {
  private struct State {
    /// By shard: its writer while it is being filled.
    var writers: [SafetensorsWriter?]
    var isComplete: [Bool]
  }

  /// The size that shards are kept below, in bytes of tensors, as Transformers does it.
  package static let defaultShardByteLimit = 5_000_000_000

  /// What goes into which file.
  package let plan: ShardPlan
  private let directory: AtomicDirectory
  private let layouts: [SafetensorsLayout]
  private let state: Mutex<State>

  /// Creates the folder, hidden until it is complete, and writes the assets.
  ///
  /// - Parameters:
  ///   - tensors: shards are filled in this order.
  ///   - shardByteLimit: a shard holds more than this only where a single tensor does.
  ///   - overwrite: whether a model's folder at `path` may be replaced as a whole.
  /// - Throws: ``CheckpointError``.
  package init(
    path: String, tensors: [TensorDeclaration], assets: [Asset],
    shardByteLimit: Int = defaultShardByteLimit, metadata: [String: String] = ["format": "pt"],
    overwrite: Bool
  ) throws(CheckpointError) {
    let plan = try ShardPlan(tensors: tensors, byteLimit: shardByteLimit, directory: path)
    var layouts: [SafetensorsLayout] = []
    for shard in plan.shards {
      layouts.append(
        try SafetensorsLayout(
          of: shard.tensors, metadata: metadata, file: FilePath.join(path, shard.name)))
    }
    var taken = Set(plan.shards.map(\.name) + [CheckpointLayout.indexName])
    for asset in assets
    where !SafetensorsIndex.isPlainName(asset.name) || !taken.insert(asset.name).inserted {
      throw .unusableAssetName(directory: path, name: asset.name)
    }
    self.plan = plan
    self.layouts = layouts
    state = Mutex(
      State(
        writers: Array(repeating: nil, count: layouts.count),
        isComplete: Array(repeating: false, count: layouts.count)))
    do { directory = try AtomicDirectory(path: path, overwrite: overwrite) } catch {
      throw .file(error)
    }
    for asset in assets { try write(asset.contents, as: asset.name) }
  }

  /// Writes the next bytes of a tensor.
  ///
  /// - Throws: ``CheckpointError``.
  package func append(
    _ bytes: UnsafeRawBufferPointer, to name: String
  ) throws(CheckpointError) {
    guard let shard = plan.shardOfTensor[name] else {
      throw .unknownTensor(file: directory.path, tensor: name)
    }
    guard let writer = try writer(of: shard) else {
      if bytes.isEmpty { return }
      throw .tooManyBytes(
        file: FilePath.join(directory.path, plan.shards[shard].name), tensor: name,
        declared: layouts[shard].tensors.first { $0.name == name }?.byteRange.count ?? 0)
    }
    if try writer.append(bytes, to: name) { try finish(shard, writer) }
  }

  /// Checks that every tensor is complete, writes the index and gives the folder its name.
  package func commit() throws(CheckpointError) {
    for shard in plan.shards.indices {
      if let writer = try writer(of: shard) { try finish(shard, writer) }
    }
    if let index = plan.index { try write(index, as: CheckpointLayout.indexName) }
    do { try directory.commit() } catch { throw .file(error) }
  }

  /// Removes what was written; also done where the writer is dropped without ``commit()``.
  package func abandon() {
    state.withLock { state in
      for writer in state.writers { writer?.abandon() }
    }
    directory.abandon()
  }

  /// The writer of a shard, made when first asked for; nil once the shard is complete.
  private func writer(of shard: Int) throws(CheckpointError) -> SafetensorsWriter? {
    let result: Result<SafetensorsWriter?, CheckpointError> = state.withLock { state in
      if state.isComplete[shard] { return .success(nil) }
      if let writer = state.writers[shard] { return .success(writer) }
      do throws(CheckpointError) {
        let writer = try SafetensorsWriter(
          file: try file(named: plan.shards[shard].name), layout: layouts[shard])
        state.writers[shard] = writer
        return .success(writer)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private func finish(_ shard: Int, _ writer: SafetensorsWriter) throws(CheckpointError) {
    try writer.commit()
    state.withLock { state in
      state.writers[shard] = nil
      state.isComplete[shard] = true
    }
  }

  private func file(named name: String) throws(CheckpointError) -> AtomicFile {
    do { return try directory.file(named: name) } catch { throw .file(error) }
  }

  private func write(_ contents: Data, as name: String) throws(CheckpointError) {
    let file = try file(named: name)
    do {
      try file.append(contents)
      try file.commit()
    } catch {
      throw CheckpointError(wrapping: error, file: file.path)
    }
  }
}
