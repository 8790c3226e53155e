// SPDX-License-Identifier: Apache-2.0

import Container
import Foundation
import Tensors
import TestSupport
import Testing

/// The worked example of `formats/tone.md` is a file that reads as the document says.
@Suite struct WorkedExampleTests {
  private let text: Substring

  init() throws {
    let document = Fixtures.repository.appending(path: "formats/tone.md")
    let contents = try String(contentsOf: document, encoding: .utf8)
    let begin = try #require(contents.range(of: "<!-- worked-example -->\n"))
    let end = try #require(contents.range(of: "<!-- end of worked-example -->"))
    text = contents[begin.upperBound..<end.lowerBound]
  }

  /// The bytes of the dump; each line must begin where the one before it ended.
  private func bytes() throws -> [UInt8] {
    var bytes: [UInt8] = []
    for line in text.split(separator: "\n") where line.hasPrefix("    ") {
      let columns = line.dropFirst(4)
      try #require(Int(columns.prefix(4), radix: 16) == bytes.count)
      for pair in columns.dropFirst(6).prefix(47).split(separator: " ") {
        bytes.append(try #require(UInt8(pair, radix: 16)))
      }
    }
    return bytes
  }

  @Test func `the dump decodes to the weights that the document states`() throws {
    let model = try ToneModel(contents: Data(bytes()), path: "worked example")
    try model.files[0].check()
    #expect(model.tensors.map(\.name) == ["w"])
    #expect(model.tensors.map(\.shape) == [[2, 4]])
    let stated = try #require(text.firstMatch(of: /gives are `(.*)`/)?.output.1)
    let weights = stated.split(separator: ", ").compactMap { Float($0) }
    #expect(weights.count == 8)
    #expect(try model.weights(of: "w") == weights)
  }
}
