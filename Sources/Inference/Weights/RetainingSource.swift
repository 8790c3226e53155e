// SPDX-License-Identifier: Apache-2.0

import Quantization
import Synchronization
import Tensors

/// A source whose encoded tensors, once they are kept, are restored from what is kept: neither checked
/// nor decompressed again. Everything else is read from the source itself.
final class RetainingSource: TensorSource {
  private let source: any ModelSource
  private let kept = Mutex<[String: (tensor: StoredTensor, ownedByteCount: Int)]>([:])

  init(_ source: any ModelSource) { self.source = source }

  /// Keeps a tensor as it is stored, if the source can give it out so; mapped where that can be.
  ///
  /// - Throws: the source's error where its bytes can't be read.
  func keep(_ name: String) throws {
    guard kept.withLock({ $0[name] }) == nil,
      // What can't be given out as it stands may be readable all the same, and else reading says why.
      let stored = (try? (source as? any EncodedSource)?.stored(name)) ?? nil
    else { return }
    // Two threads may do the same work, which is rare and harms nobody.
    let tensor = try stored.retained()
    let owned = try tensor.components.enumerated().reduce(0) { sum, component in
      let all = 0..<component.element.byteCount
      return try sum + tensor.retainedBytes(of: component.offset, in: all).ownedByteCount
    }
    kept.withLock { $0[name] = $0[name] ?? (tensor, owned) }
  }

  /// What is kept in anonymous memory, in bytes.
  var ownedByteCount: Int { kept.withLock { $0.values.reduce(0) { $0 + $1.ownedByteCount } } }

  var tensors: [TensorDescription] { source.tensors }

  func description(of name: String) -> TensorDescription? { source.description(of: name) }

  func withStoredBytes<Result>(
    of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try source.withStoredBytes(of: name, body)
  }

  func read(
    _ name: String, elements: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>
  ) throws {
    guard let stored = kept.withLock({ $0[name]?.tensor }) else {
      return try source.read(name, elements: elements, into: buffer)
    }
    try stored.restore(elements, into: buffer, item: name)
  }
}
