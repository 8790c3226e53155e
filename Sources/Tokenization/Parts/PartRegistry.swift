// SPDX-License-Identifier: Apache-2.0

/// The implemented types of one kind of part, by the name that `tokenizer.json` gives them.
struct PartRegistry<Product>: Sendable {
  typealias Reader = @Sendable (Part) throws -> Product

  private let readers: [String: Reader]

  init(_ readers: [String: Reader]) { self.readers = readers }

  /// Reads a part of whatever type it says it is.
  ///
  /// - Throws: ``TokenizationError/unsupportedPart(path:key:type:)`` for a type without a reader.
  func read(_ part: Part) throws -> Product {
    let type = try part.string("type")
    guard let reader = readers[type] else {
      throw TokenizationError.unsupportedPart(path: part.path, key: part.key, type: type)
    }
    return try reader(part)
  }
}
