// SPDX-License-Identifier: Apache-2.0

extension BytePairModel {
  /// Reads `merges`: pairs `["a", "b"]` or, in older files, `"a b"`.
  ///
  /// A pair's rank is its index.
  ///
  /// - Parameter prefixLength: the length in bytes of the prefix that the right token loses.
  /// - Throws: ``TokenizationError/absentToken(path:key:token:)`` for a pair or a result that the
  ///   vocabulary lacks.
  static func merges(_ part: Part, vocabulary: Vocabulary, prefixLength: Int) throws -> PairTable {
    let values = try part.array("merges")
    var table = PairTable(capacity: values.count)
    for (index, value) in values.enumerated() {
      let key = "\(part.name("merges"))[\(index)]"
      func id(_ token: String) throws -> Int32 {
        guard let id = vocabulary.id(of: token) else {
          throw TokenizationError.absentToken(path: part.path, key: key, token: token)
        }
        return id
      }
      guard let (left, right) = pair(value), let rank = Int32(exactly: index) else {
        throw TokenizationError.wrongValue(
          path: part.path, key: key, expected: "a pair of tokens", found: value.kind)
      }
      let merged = left + String(decoding: right.utf8.dropFirst(prefixLength), as: UTF8.self)
      table[try id(left), try id(right)] = (rank, try id(merged))
    }
    return table
  }

  private static func pair(_ value: JSONValue) -> (String, String)? {
    switch value {
    case .array(let values):
      guard values.count == 2, case .string(let left) = values[0],
        case .string(let right) = values[1]
      else { return nil }
      return (left, right)
    case .string(let joined):
      let parts = joined.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
      guard parts.count == 2 else { return nil }
      return (
        String(decoding: parts[0], as: UTF8.self), String(decoding: parts[1], as: UTF8.self)
      )
    default: return nil
    }
  }
}
