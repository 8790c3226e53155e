// SPDX-License-Identifier: Apache-2.0

import Tensors

/// `model.safetensors.index.json`: which shard holds which tensor.
///
/// Nothing in it is trusted: shards are plain names in the index's own folder, and names and shards
/// must agree with each other in both directions.
package struct SafetensorsIndex {
  let path: String
  /// Tensor name to shard name.
  private(set) var shardOfTensor: [String: String] = [:]

  /// Reads the index at `path`.
  init(path: String) throws(CheckpointError) {
    self.path = path
    var current: String?
    do {
      try MappedFile(path: path).withBytes { bytes in
        var scan = try JSONScan(bytes)
        try scan.object { scan, key, _ in
          guard key == "weight_map" else { return try scan.skip() }
          try scan.object { scan, tensor, _ in
            current = tensor
            let shard = try scan.string()
            guard Self.isPlainName(shard) else {
              throw CheckpointError.untrustedShardName(file: path, tensor: tensor, shard: shard)
            }
            if shardOfTensor.updateValue(shard, forKey: tensor) != nil {
              throw CheckpointError.duplicateTensor(tensor: tensor, file: path, otherFile: path)
            }
          }
          current = nil
        }
        try scan.finish()
      }
    } catch {
      throw CheckpointError(wrapping: error, file: path, tensor: current)
    }
    if shardOfTensor.isEmpty { throw .missingWeightMap(file: path) }
  }

  /// The shards by name, each with the first of its tensors by name.
  var shards: [(name: String, firstTensor: String)] {
    let first = Dictionary(shardOfTensor.map { ($1, $0) }, uniquingKeysWith: min)
    return first.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Checks that the shards hold what the index says, no less and no more.
  ///
  /// - Parameter files: the opened shards; no tensor is in two of them.
  func check(against files: [SafetensorsFile]) throws(CheckpointError) {
    var found: [String: String] = [:]
    for file in files {
      for tensor in file.tensors { found[tensor.name] = file.file.name }
    }
    for (tensor, shard) in shardOfTensor.sorted(by: { $0.key < $1.key })
    where found[tensor] != shard {
      throw .tensorNotInShard(file: path, tensor: tensor, shard: shard)
    }
    for file in files {
      for tensor in file.tensors where shardOfTensor[tensor.name] == nil {
        throw .tensorNotInIndex(file: path, tensor: tensor.name, shard: file.file.name)
      }
    }
  }

  /// True for a name that can only lead to a file in the same folder.
  package static func isPlainName(_ name: String) -> Bool {
    !name.isEmpty && name != "." && name != ".." && !name.containsControlCharacter
      && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }
      && !name.utf8.contains(UInt8(ascii: ":"))
  }
}
