// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

/// Which tensor goes into which file of a folder.
package struct ShardPlan: Sendable {
  /// One file and its tensors.
  package struct Shard: Sendable {
    package var name: String
    package var tensors: [TensorDeclaration]
  }

  /// At least one; `model.safetensors` if it is the only one.
  package let shards: [Shard]
  /// Tensor name to place in `shards`.
  package let shardOfTensor: [String: Int]
  /// The bytes of all tensors.
  package let byteCount: Int
  /// The index file that belongs to the shards; nil where there is only one.
  package let index: Data?

  /// Fills shards in order; a new one is begun where a tensor would not fit below `byteLimit`.
  init(
    tensors: [TensorDeclaration], byteLimit: Int, directory: String
  ) throws(CheckpointError) {
    var groups: [[TensorDeclaration]] = [[]]
    var total = 0
    var used = 0
    var elementCount = 0
    var shardOfTensor: [String: Int] = [:]
    for tensor in tensors {
      let byteCount = try SafetensorsLayout.byteCount(of: tensor, file: directory)
      let (sum, overflow) = total.addingReportingOverflow(byteCount)
      // Half of what an Int holds, so that the count of 4-bit elements fits as well.
      guard !overflow, sum < Int.max / 2 else {
        throw .shapeOverflow(file: directory, tensor: tensor.name, shape: tensor.shape)
      }
      if used > 0, used > byteLimit - byteCount {
        groups.append([])
        used = 0
      }
      groups[groups.count - 1].append(tensor)
      guard shardOfTensor.updateValue(groups.count - 1, forKey: tensor.name) == nil else {
        throw .duplicateTensor(tensor: tensor.name, file: directory, otherFile: directory)
      }
      used += byteCount
      total = sum
      elementCount += tensor.shape.reduce(1, *)
    }
    let shards = groups.enumerated().map { place, tensors in
      Shard(name: Self.name(of: place, in: groups.count), tensors: tensors)
    }
    self.shards = shards
    self.shardOfTensor = shardOfTensor
    byteCount = total
    guard shards.count > 1 else {
      index = nil
      return
    }
    index = Self.index(
      shardNames: shardOfTensor.mapValues { shards[$0].name }, elementCount: elementCount,
      byteCount: total)
  }

  /// The index file: which shard holds which tensor.
  package static func index(
    shardNames: [String: String], elementCount: Int, byteCount: Int
  ) -> Data {
    let map = shardNames.sorted { $0.key < $1.key }
      .map { "    \($0.key.jsonLiteral): \($0.value.jsonLiteral)" }
    return Data(
      """
      {
        "metadata": {
          "total_parameters": \(elementCount),
          "total_size": \(byteCount)
        },
        "weight_map": {
      \(map.joined(separator: ",\n"))
        }
      }

      """.utf8)
  }

  /// The file's name of the shard at a place.
  package static func name(of place: Int, in count: Int) -> String {
    guard count > 1 else { return CheckpointLayout.fileName }
    func padded(_ number: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
    return "model-\(padded(place + 1))-of-\(padded(count)).safetensors"
  }
}
