// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation
import Tensors

/// Which model a result belongs to, wherever its files lie.
package struct ModelIdentity: Sendable, Equatable, Codable {
  /// SHA-256, in hexadecimal, of what ``init(_:)`` looks at.
  package var sha256: String
  /// What reports say about the model; not compared.
  package var subject: Provenance.Subject

  /// How many weights of each tensor are looked at.
  static let sampleCount = 64

  /// Looks at `config.json`, at every tensor's name, shape, type, scheme and size, and at a run of
  /// weights from its middle.
  ///
  /// So two checkpoints of one training run differ, and it takes no more than a read of each tensor's
  /// page. A change of a few weights elsewhere is not noticed.
  /// - Throws: the source's error.
  package init(_ source: any ModelSource) throws {
    var hash = SHA256()
    func update(_ text: String) {
      hash.update(data: Data(text.utf8))
      hash.update(data: [0])
    }
    hash.update(data: SHA256.hash(data: source.asset("config.json") ?? Data()).map { $0 })
    var sample = [Float](repeating: 0, count: Self.sampleCount)
    for tensor in source.tensors {
      update(tensor.name)
      update(tensor.shape.map(String.init).joined(separator: ","))
      update(tensor.elementType.rawValue)
      update(tensor.scheme)
      update(String(tensor.storedByteCount))
      guard tensor.isNumeric else { continue }
      let count = min(Self.sampleCount, tensor.elementCount)
      let start = (tensor.elementCount - count) / 2 / Self.sampleCount * Self.sampleCount
      try sample.withUnsafeMutableBufferPointer {
        try source.read(tensor.name, elements: start..<start + count, into: $0)
      }
      for value in sample[..<count] {
        withUnsafeBytes(of: value.bitPattern.littleEndian) { hash.update(bufferPointer: $0) }
      }
    }
    sha256 = hash.finalize().hexadecimal
    subject = Provenance.Subject(source)
  }

  package static func == (a: Self, b: Self) -> Bool { a.sha256 == b.sha256 }
}

extension TensorDescription {
  /// True where the tensor holds numbers that can be restored to fp32.
  var isNumeric: Bool {
    elementType.isQuantizable || scheme != elementType.schemeName
  }
}

extension SHA256Digest {
  /// Lower-case digits.
  var hexadecimal: String {
    map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
