// SPDX-License-Identifier: Apache-2.0

import Tensors

/// The metadata of an architecture, read key by key.
///
/// It remembers which keys were asked for, so that what nobody understands is found and not ignored
/// in silence.
final class GGUFArchitectureKeys {
  let architecture: String
  private let metadata: GGUFMetadata
  private var read: Set<String> = []

  /// Keys that no logits depend on, or that say again what tensors' shapes say.
  private static let inert: Set<String> = [
    "vocab_size", "tensor_data_layout", "rope.scaling.finetuned", "attention.causal",
    "expert_count", "expert_used_count",
  ]

  init(_ metadata: GGUFMetadata, architecture: String) {
    self.metadata = metadata
    self.architecture = architecture
  }

  func fullKey(_ key: String) -> String { "\(architecture).\(key)" }

  /// A whole number from 1 to 2^28, or nil where the key is absent; a number for each layer counts
  /// where all are the same.
  func count(_ key: String) throws -> Int? {
    read.insert(key)
    let key = fullKey(key)
    let range = 1...1 << 28
    guard case .array(let array)? = metadata.values[key] else {
      return try metadata.integer(key, in: range)
    }
    let numbers = try metadata.integers(key) ?? []
    guard let first = numbers.first, range.contains(first), numbers.allSatisfy({ $0 == first })
    else {
      throw metadata.wrong(
        key, expected: "one number for all layers", found: GGUFValue.array(array).kind)
    }
    return first
  }

  /// A count that must be there.
  func requiredCount(_ key: String) throws -> Int {
    guard let count = try count(key) else {
      throw GGUFError.missingKey(file: metadata.file.path, key: fullKey(key))
    }
    return count
  }

  /// A whole number from 0 to 2^28, or nil where the key is absent.
  func number(_ key: String) throws -> Int? {
    read.insert(key)
    return try metadata.integer(fullKey(key), in: 0...1 << 28)
  }

  func float(_ key: String) throws -> Float? {
    read.insert(key)
    return try metadata.float(fullKey(key))
  }

  func flag(_ key: String) throws -> Bool? {
    read.insert(key)
    return try metadata.flag(fullKey(key))
  }

  func text(_ key: String) throws -> String? {
    read.insert(key)
    return try metadata.text(fullKey(key))
  }

  func ignore(_ keys: [String]) { read.formUnion(keys) }

  func wrong(_ key: String, expected: String, found: String) -> GGUFError {
    metadata.wrong(fullKey(key), expected: expected, found: found)
  }

  /// - Throws: ``GGUFError/notUnderstood(file:architecture:place:)`` for the first key of the
  ///   architecture that nothing asked for.
  func requireNothingElse() throws {
    let prefix = architecture + "."
    for key in metadata.keys where key.hasPrefix(prefix) {
      let name = String(key.dropFirst(prefix.count))
      guard read.contains(name) || Self.inert.contains(name) else {
        throw GGUFError.notUnderstood(
          file: metadata.file.path, architecture: architecture, place: .key(key))
      }
    }
  }
}
