// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

/// A model source that holds its tensors as arrays.
struct MemorySource: ModelSource {
  struct Missing: Error {}

  var path: String
  var format = "memory"
  var assets: [Asset] = []
  var byteCount: Int { tensors.reduce(0) { $0 + $1.storedByteCount } }
  private(set) var tensors: [TensorDescription] = []
  private var weights: [String: [Float]] = [:]

  init(_ path: String) { self.path = path }

  /// Adds a tensor; `bits` is what each weight is said to take.
  mutating func add(
    _ name: String, _ shape: [Int], _ weights: [Float], scheme: String = "bf16",
    type: ElementType = .bf16, bits: Double = 16
  ) {
    tensors.append(
      TensorDescription(
        name: name, shape: shape, elementType: type, scheme: scheme,
        storedByteCount: Int(Double(weights.count) * bits / 8)))
    self.weights[name] = weights
  }

  func description(of name: String) -> TensorDescription? { tensors.first { $0.name == name } }

  func withStoredBytes<Result>(
    of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    guard let weights = weights[name] else { throw Missing() }
    return try weights.withUnsafeBytes(body)
  }

  func read(
    _ name: String, elements: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>
  ) throws {
    guard let weights = weights[name] else { throw Missing() }
    weights.withUnsafeBufferPointer {
      _ = buffer.update(fromContentsOf: $0[elements])
    }
  }
}
