// SPDX-License-Identifier: Apache-2.0

/// Tokens and their ids, one to one.
///
/// Tokens are compared byte for byte.
struct Vocabulary: Sendable {
  private var ids: ByteTable
  private var tokens: [Int32: String]

  var count: Int { tokens.count }

  /// - Throws: ``TokenizationError/duplicateToken(path:token:)`` or
  ///   ``TokenizationError/duplicateID(path:id:first:second:)``.
  init(_ entries: [(token: String, id: Int32)], path: String) throws {
    ids = ByteTable(capacity: entries.count)
    tokens = Dictionary(minimumCapacity: entries.count)
    for (token, id) in entries {
      guard ids.insert(token, id) else {
        throw TokenizationError.duplicateToken(path: path, token: token)
      }
      if let first = tokens.updateValue(token, forKey: id) {
        throw TokenizationError.duplicateID(path: path, id: id, first: first, second: token)
      }
    }
  }

  /// Reads a model's `vocab` object.
  init(_ part: Part) throws {
    try self.init(
      part.object("vocab").map { ($0.key, try Self.id($0.value, of: $0.key, in: part.path)) },
      path: part.path)
  }

  func id(of token: Bytes) -> Int32? { ids[token] }

  func id(of token: String) -> Int32? { ids[token] }

  func token(of id: Int32) -> String? { tokens[id] }

  /// Reads an id.
  ///
  /// - Throws: ``TokenizationError/idOutOfRange(path:token:id:)``
  static func id(_ value: JSONValue, of token: String, in path: String) throws -> Int32 {
    guard case .integer(let integer) = value, let id = Int32(exactly: integer), id >= 0 else {
      throw TokenizationError.idOutOfRange(path: path, token: token, id: value.kind)
    }
    return id
  }
}

extension ByteTable {
  subscript(key: String) -> Int32? {
    var key = key
    return key.withUTF8 { self[$0] }
  }

  mutating func insert(_ key: String, _ value: Int32) -> Bool {
    var key = key
    return key.withUTF8 { insert($0, value) }
  }
}
