// SPDX-License-Identifier: Apache-2.0

import Container
import Foundation
import Tensors
import TestSupport
import Testing

/// Every file of `formats/vectors/valid` gives exactly the numbers that stand beside it.
@Suite struct ValidVectorTests {
  static let names = Vectors.names(in: "valid")

  @Test func `every file has a row in the README, and every row a file`() throws {
    let files = Set(Self.names + Vectors.names(in: "invalid"))
    #expect(files.count > 100)
    #expect(try Set(Vectors.rows().keys) == files)
  }

  @Test(arguments: names) func `the weights are as expected, bit for bit`(name: String) throws {
    let model = try ToneModel(path: Vectors.path("valid", name))
    for file in model.files { try file.check() }
    let expected = try Vectors.expected(name)
    for tensor in expected.tensors {
      let description = try #require(model.description(of: tensor.name))
      #expect(description.shape == tensor.shape)
      let found = try model.weights(of: tensor.name)
      let wanted = try expected.weights(of: tensor.name)
      #expect(found.map(\.bitPattern) == wanted.map(\.bitPattern), "\(tensor.name)")
    }
  }

  @Test(arguments: names) func `every range equals that part of the whole`(name: String) throws {
    let model = try ToneModel(path: Vectors.path("valid", name))
    var random = SeededGenerator(seed: 7)
    for tensor in try Vectors.expected(name).tensors where tensor.elementCount > 0 {
      let whole = try model.weights(of: tensor.name)
      let count = whole.count
      let edges = [0, 1, 31, 32, 33, 63, 64, 65, 127, 4095, 4096, 4097, count - 1, count]
      var ranges = edges.flatMap { low in edges.map { (low, $0) } }
      for _ in 0..<20 {
        ranges.append(
          (Int.random(in: 0...count, using: &random), Int.random(in: 0...count, using: &random)))
      }
      for (low, high) in ranges where low <= high && high <= count {
        let part = try model.weights(of: tensor.name, in: low..<high)
        let isEqual = zip(part, whole[low..<high]).allSatisfy { $0.bitPattern == $1.bitPattern }
        #expect(isEqual && part.count == high - low, "\(tensor.name) \(low)..<\(high)")
      }
    }
  }

  @Test func `a range outside the tensor is refused`() throws {
    let path = Vectors.path("valid", "nf4")
    let model = try ToneModel(path: path)
    #expect(
      throws: ContainerError.elementsOutsideTensor(
        file: path, tensor: "short", elements: 3..<16, count: 15)
    ) { try model.weights(of: "short", in: 3..<16) }
    #expect(throws: ContainerError.unknownTensor(file: path, tensor: "no such")) {
      try model.weights(of: "no such", in: 0..<1)
    }
  }

  @Test func `a greater minor version and unknown names are read past`() throws {
    let model = try ToneModel(path: Vectors.path("valid", "minor-version"))
    #expect(model.tensors.map(\.name) == ["w"])
    #expect(model.entry(of: "w")?.statistics == nil)
  }

  @Test func `a tensor whose coding is unknown is refused, and the file can be checked`() throws {
    let path = Vectors.path("valid", "unknown-coding")
    let model = try ToneModel(path: path)
    try model.files[0].check()
    #expect(
      throws: ContainerError.unknownCoding(file: path, item: "component 3", coding: "entropy9")
    ) { try model.weights(of: "later") }
  }

  @Test func `stored bytes of carried tensors come back untouched, whole or in part`() throws {
    let model = try ToneModel(path: Vectors.path("valid", "plain"))
    let bytes: [UInt8] = try model.withStoredBytes(of: "f6") { Array($0) }
    #expect(bytes == [1, 2, 3])
    let part: [UInt8] = try model.withStoredBytes(of: "f4", in: 1..<2) { Array($0) }
    #expect(part == [0x34])
    #expect(throws: ContainerError.self) { try model.weights(of: "f4") }
  }

  @Test func `assets come back byte for byte, sorted by name`() throws {
    let model = try ToneModel(path: Vectors.path("valid", "compressed-directory"))
    #expect(
      model.assets.map(\.name) == ["config.json", "empty.txt", "tokenizer.json", "ünï çödé.txt"])
    #expect(model.asset("empty.txt") == Data())
    #expect(model.asset("config.json") == Data(#"{"name":"config.json"}"#.utf8))
  }
}
