// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import Tensors

/// A model that counts what is read of it, and can stop being readable.
final class WatchedModel: ModelSource {
  struct Unreadable: Error {}

  private struct State {
    var readCounts: [String: Int] = [:]
    var readsLeft = Int.max
  }

  private let original: AlteredModel
  private let state = Mutex(State())

  init(_ original: AlteredModel) { self.original = original }

  var path: String { original.path }
  var format: String { original.format }
  var byteCount: Int { original.byteCount }
  var assets: [Asset] { original.assets }
  var tensors: [TensorDescription] { original.tensors }

  /// How many weights of each tensor were read since the last call.
  func takeReadCounts() -> [String: Int] {
    state.withLock { state in
      defer { state.readCounts = [:] }
      return state.readCounts
    }
  }

  /// After so many more reads each one fails.
  func fail(after reads: Int) { state.withLock { $0.readsLeft = reads } }

  func description(of name: String) -> TensorDescription? { original.description(of: name) }

  func withStoredBytes<Result>(
    of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result { try original.withStoredBytes(of: name, body) }

  func read(
    _ name: String, elements: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>
  ) throws {
    try state.withLock { state in
      guard state.readsLeft > 0 else { throw Unreadable() }
      state.readsLeft -= 1
      state.readCounts[name, default: 0] += elements.count
    }
    try original.read(name, elements: elements, into: buffer)
  }
}
