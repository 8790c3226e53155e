// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Tensors

/// The weights of a model in memory, as fp32.
///
/// This is the only place that reads tensors from a source.
final class WeightStore: Sendable {
  private let buffers: [TensorReference: FloatBuffer]

  /// Reads every tensor, on up to `threads` threads.
  ///
  /// - Parameter tensors: names and shapes that were found in the source.
  /// - Throws: the source's first error.
  init(_ tensors: [TensorReference], from source: any ModelSource, threads: Int) throws {
    let buffers = tensors.map { FloatBuffer(count: $0.count) }
    let failure = Mutex<(any Error)?>(nil)
    concurrently(tensors.count, threads: threads) { index, _ in
      do {
        let buffer = buffers[index]
        try tensors[index].read(from: source, into: buffer.all)
      } catch {
        failure.withLock { $0 = $0 ?? error }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
    self.buffers = Dictionary(
      zip(tensors, buffers), uniquingKeysWith: { first, _ in first })
  }

  /// The weights of a tensor that the store was made with, row-major; valid as long as the store.
  subscript(_ tensor: TensorReference) -> UnsafePointer<Float> {
    guard let buffer = buffers[tensor] else {
      preconditionFailure("'\(tensor.name)' is no tensor of this architecture")
    }
    return UnsafePointer(buffer.base)
  }
}
