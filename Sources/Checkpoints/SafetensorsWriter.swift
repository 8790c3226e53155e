// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import Tensors

/// Writes one safetensors file whose tensors are known before their bytes are.
///
/// Each tensor is filled from front to back in slabs of any size; different tensors in any order and
/// from several threads. The file appears under its name at ``commit()``, complete or not at all.
package final class SafetensorsWriter: Sendable {
  private struct Progress {
    /// By place in the layout: how many bytes were handed out to be written.
    var reserved: [Int]
    /// How many bytes of all tensors are written.
    var written = 0
  }

  /// Where everything goes; `layout.tensors` is the order in which writing moves forward.
  package let layout: SafetensorsLayout
  private let file: AtomicFile
  private let places: [String: Int]
  private let progress: Mutex<Progress>

  /// Creates the file at `path` and writes its header.
  ///
  /// - Throws: ``CheckpointError``, also where `path` exists and `overwrite` is false.
  package convenience init(
    path: String, tensors: [TensorDeclaration], metadata: [String: String] = ["format": "pt"],
    overwrite: Bool
  ) throws(CheckpointError) {
    let layout = try SafetensorsLayout(of: tensors, metadata: metadata, file: path)
    let file: AtomicFile
    do { file = try AtomicFile(path: path, overwrite: overwrite) } catch { throw .file(error) }
    try self.init(file: file, layout: layout)
  }

  init(file: AtomicFile, layout: SafetensorsLayout) throws(CheckpointError) {
    self.file = file
    self.layout = layout
    places = Dictionary(
      uniqueKeysWithValues: layout.tensors.enumerated().map { ($1.name, $0) })
    progress = Mutex(Progress(reserved: Array(repeating: 0, count: layout.tensors.count)))
    do { try file.append(layout.header) } catch {
      throw CheckpointError(wrapping: error, file: file.path)
    }
  }

  /// Writes the next bytes of a tensor.
  ///
  /// - Returns: true for the one call after which every tensor is complete.
  /// - Throws: ``CheckpointError``.
  @discardableResult
  package func append(
    _ bytes: UnsafeRawBufferPointer, to name: String
  ) throws(CheckpointError) -> Bool {
    guard let place = places[name] else { throw .unknownTensor(file: file.path, tensor: name) }
    let range = layout.tensors[place].byteRange
    let offset: Int? = progress.withLock { progress in
      let start = progress.reserved[place]
      guard bytes.count <= range.count - start else { return nil }
      progress.reserved[place] += bytes.count
      return range.lowerBound + start
    }
    guard let offset else {
      throw .tooManyBytes(file: file.path, tensor: name, declared: range.count)
    }
    do { try file.write(bytes, at: offset) } catch { throw .file(error) }
    return progress.withLock { progress in
      progress.written += bytes.count
      return !bytes.isEmpty && progress.written == layout.byteCount - layout.header.count
    }
  }

  /// Checks that every tensor is complete and gives the file its name.
  package func commit() throws(CheckpointError) {
    let reserved = progress.withLock { $0.reserved }
    for (tensor, written) in zip(layout.tensors, reserved) where written < tensor.byteRange.count {
      throw .tooFewBytes(
        file: file.path, tensor: tensor.name, declared: tensor.byteRange.count, written: written)
    }
    do { try file.commit() } catch { throw .file(error) }
  }

  /// Removes what was written; also done where the writer is dropped without ``commit()``.
  package func abandon() { file.abandon() }
}
