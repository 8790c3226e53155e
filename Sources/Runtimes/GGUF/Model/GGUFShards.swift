// SPDX-License-Identifier: Apache-2.0

import Tensors

/// The files of a model that is split.
///
/// The first has all metadata; each says which one of how many it is.
enum GGUFShards {
  static let numberKey = "split.no"
  static let countKey = "split.count"
  static let tensorCountKey = "split.tensors.count"
  /// The largest number that a name has room for.
  private static let limit = 99_999

  /// Opens the file at `path` and, where it is one of several, all of them, in order.
  ///
  /// - Throws: ``GGUFError``.
  static func open(_ path: String) throws(GGUFError) -> [GGUFFile] {
    let file = try GGUFFile(path: path)
    guard let count = try file.metadata.integer(countKey, in: 0...limit), count > 1 else {
      return [file]
    }
    let number = try file.metadata.integer(numberKey, in: 0...count - 1) ?? 0
    var files: [GGUFFile] = []
    for index in 0..<count {
      guard
        let name = GGUFShardName.path(
          index + 1, of: count, besides: path, known: number + 1)
      else { throw .shardName(file: path, number: number + 1, count: count) }
      files.append(
        try index == number ? file : shard(index, of: count, path: name, besides: path))
    }
    let expected = try files[0].metadata.integer(tensorCountKey)
    let found = files.reduce(0) { $0 + $1.tensors.count }
    if let expected, expected != found {
      throw .inconsistentShards(
        file: files[0].file.path, key: tensorCountKey, expected: found, found: expected)
    }
    return files
  }

  private static func shard(
    _ index: Int, of count: Int, path: String, besides other: String
  ) throws(GGUFError) -> GGUFFile {
    let file: GGUFFile
    do {
      file = try GGUFFile(path: path)
    } catch .file(.notFound) {
      throw .missingShard(file: other, shard: FilePath.name(of: path))
    }
    for (key, expected) in [(numberKey, index), (countKey, count)] {
      let found = try file.metadata.integer(key)
      guard found == expected else {
        throw .inconsistentShards(file: path, key: key, expected: expected, found: found)
      }
    }
    return file
  }
}
