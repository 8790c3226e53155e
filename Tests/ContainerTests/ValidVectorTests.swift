// SPDX-License-Identifier: Apache-2.0

import Container
import Foundation
import Quantization
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

  @Test(arguments: [
    ("operation", "remainder"), ("operand", "amount"), ("order", "middle"), ("name", "blocks"),
    ("step", "every"),
  ])
  func `a tensor whose encoding is unknown is listed and refused, and the file can be checked`(
    tensor: String, word: String
  ) throws {
    let path = Vectors.path("valid", "unknown-encoding")
    let model = try ToneModel(path: path)
    try model.files[0].check()
    #expect(model.description(of: tensor)?.shape == [9000])
    #expect(model.description(of: tensor)?.scheme == "later")
    let refusal = ContainerError.unknownEncoding(
      file: path, item: "tensor '\(tensor)'", name: word)
    #expect(refusal.description.hasSuffix("update halftone"))
    #expect(throws: refusal) { try model.weights(of: tensor, in: 0..<1) }
    #expect(throws: refusal) { try model.withStoredBytes(of: tensor) { $0.count } }
  }

  /// Each has one tensor of its scheme, so that nothing else uses its codebook or its constant; what
  /// a plan counts leaves those out too. The scheme's blocks are of 32 weights.
  @Test(arguments: ["nf4", "fp4", "int8", "int4", "nf4+dq", "int8+dq"])
  func `codebooks and constants of a single tensor do not count as stored for it`(
    scheme: String
  ) throws {
    let name = scheme.replacingOccurrences(of: "+", with: "-")
    let model = try ToneModel(path: Vectors.path("valid", "quantize-\(name)"))
    let tensor = try #require(model.tensors.first { $0.scheme == scheme })
    let base = String(scheme.prefix { $0 != "+" })
    let options = SchemeOptions(blockSize: 32, doubleQuantization: base != scheme)
    let layout = try Schemes.scheme(named: base, options: options).layout(for: tensor)
    #expect(tensor.storedByteCount == layout.storedByteCount)
  }

  @Test func `a part of a model counts what the whole model counts`() throws {
    // 160 weights in 4 bits and 5 scales; 164 weights in 8 bits and 6 scales.
    for (index, byteCount) in [(1, 80 + 5 * 4), (2, 164 + 6 * 4)] {
      let path = Vectors.path("valid", "parts-0000\(index)-of-00002")
      let whole = try ToneModel(path: path)
      let part = try ToneModel(contents: Data(contentsOf: URL(filePath: path)), path: path)
      let tensor = try #require(part.tensors.first)
      #expect(tensor.storedByteCount == byteCount)
      #expect(whole.description(of: tensor.name) == tensor)
    }
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
