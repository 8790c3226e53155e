// SPDX-License-Identifier: Apache-2.0

/// A word in an encoding that this program does not know: a name, an operation or an order.
///
/// Later schemes may bring such words, so only the tensor can't be read, whereas a value of the wrong
/// kind is a `DecodingError`. `formats/encodings.md`, "What a reader does not know".
package struct UnknownEncoding: Error, Equatable {
  package let name: String
}

extension Encoding {
  /// Reads an encoding from the outside in, its steps in order.
  ///
  /// - Throws: ``UnknownEncoding`` at the first word that is unknown, of several names in one object
  ///   the least; or `DecodingError`.
  package init(from decoder: any Decoder) throws {
    try decoder.refuseNames(otherThan: CodingKeys.self)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    order = try container.decodeIfPresent(String.self, forKey: .order).map(UnknownEncoding.known)
    component = try container.decode(Int.self, forKey: .component)
    bits = try container.decodeIfPresent(Int.self, forKey: .bits)
    steps = try container.decodeIfPresent([Step].self, forKey: .steps)
  }
}

extension Encoding.Step {
  /// Reads a step as an encoding is read.
  ///
  /// - Throws: ``UnknownEncoding`` or `DecodingError`.
  package init(from decoder: any Decoder) throws {
    try decoder.refuseNames(otherThan: CodingKeys.self)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    operation = try UnknownEncoding.known(container.decode(String.self, forKey: .operation))
    block = try container.decodeIfPresent(Int.self, forKey: .block)
    operand = try container.decode(Encoding.self, forKey: .operand)
  }
}

extension UnknownEncoding {
  fileprivate static func known<Word: RawRepresentable<String>>(_ text: String) throws -> Word {
    guard let word = Word(rawValue: text) else { throw UnknownEncoding(name: text) }
    return word
  }
}

extension Decoder {
  fileprivate func refuseNames<Known: CodingKey & CaseIterable>(otherThan known: Known.Type) throws
  {
    let names = try container(keyedBy: AnyName.self).allKeys.map(\.stringValue)
    let unknown = Set(names).subtracting(known.allCases.map(\.stringValue))
    if let name = unknown.min() { throw UnknownEncoding(name: name) }
  }
}

/// A name in an object, whatever it is.
private struct AnyName: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}
