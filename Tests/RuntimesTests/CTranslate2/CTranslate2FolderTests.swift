// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Conversion
import Foundation
import Quantization
import Tensors
import TestSupport
import Testing

@testable import Runtimes

/// Folders that CTranslate2's own converter made, and the same made here.
@Suite struct CTranslate2FolderTests {
  private static let root = Fixtures.folder.appending(path: "ctranslate2").path

  /// Variables that only ours has: the size of heads, which the converter leaves to be guessed.
  private static let addition = "/head_dim"

  private static func options(_ model: String, _ scheme: String, to path: String) -> QuantizeOptions
  {
    var options = QuantizeOptions(
      input: "\(root)/\(model)", output: path,
      recipe: Recipe(linearLayers: .scheme(name: scheme, options: SchemeOptions())))
    options.format = CTranslate2.name
    return options
  }

  @Test(arguments: [
    ("llama", "int8_float16"), ("llama", "float32"), ("gpt2", "int8"), ("gpt2", "float16"),
    ("bloom", "int8"),
  ])
  func `every variable and every token is the converter's`(model: String, type: String) throws {
    let folder = try TemporaryFolder()
    _ = try quantize(Self.options(model, type, to: folder.path("ours")))
    let ours = try CTranslate2File(path: folder.path("ours/model.bin"))
    let theirs = try CTranslate2File(path: "\(Self.root)/\(model)/\(type)/model.bin")
    for name in theirs.names {
      let (mine, other) = (try #require(ours[name], "\(name)"), try #require(theirs[name]))
      #expect(mine.shape == other.shape && mine.type == other.type, "\(name)")
      #expect(try ours.bytes(of: mine) == theirs.bytes(of: other), "\(name)")
    }
    #expect(ours.names.allSatisfy { theirs.has($0) || $0.hasSuffix(Self.addition) })
    func tokens(_ path: String) throws -> [String] {
      try JSONDecoder().decode([String].self, from: Data(contentsOf: URL(filePath: path)))
    }
    #expect(
      try tokens(folder.path("ours/vocabulary.json"))
        == tokens("\(Self.root)/\(model)/\(type)/vocabulary.json"))
  }

  @Test(arguments: ["llama/float32", "gpt2/float16"])
  func `a float folder has the checkpoint's tensors under their names`(name: String) throws {
    let model = try openModel(at: "\(Self.root)/\(name)")
    let original = try openModel(at: "\(Self.root)/\(name.split(separator: "/")[0])")
    #expect(model.format == "ctranslate2")
    #expect(Set(model.tensors.map(\.name)) == Set(original.tensors.map(\.name)))
    for tensor in original.tensors {
      let found = try #require(model.description(of: tensor.name))
      #expect(found.shape == tensor.shape)
      #expect(try weights(tensor.name, of: model) == weights(tensor.name, of: original))
    }
  }

  @Test(arguments: ["bloom/int8", "bloom/int16", "gpt2/int8", "llama/int8_float16"])
  func `codes restore weights within half a step`(name: String) throws {
    let model = try openModel(at: "\(Self.root)/\(name)")
    let original = try openModel(at: "\(Self.root)/\(name.split(separator: "/")[0])")
    // 127 steps to the largest weight of a row, or 1024 to that of the tensor; biases of F16 keep 11 bits.
    let steps: Float = name.contains("int16") ? 1024 : 127
    for tensor in original.tensors {
      let expected = try weights(tensor.name, of: original)
      let largest = expected.map(abs).max() ?? 0
      let found = try weights(tensor.name, of: model)
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= largest * 0.501 / steps })
    }
  }

  @Test(arguments: ["llama/int8_float16", "bloom/int8"])
  func `codes go to tone and back without a changed byte`(name: String) throws {
    let folder = try TemporaryFolder()
    var options = QuantizeOptions(
      input: "\(Self.root)/\(name)", output: folder.path("a.tone"),
      recipe: Recipe(linearLayers: .keep))
    _ = try export(options)
    options.format = CTranslate2.name
    for (input, output) in [("\(Self.root)/\(name)", "direct"), (folder.path("a.tone"), "back")] {
      options.input = input
      options.output = folder.path(output)
      _ = try export(options)
    }
    let direct = try Data(contentsOf: URL(filePath: folder.path("direct/model.bin")))
    #expect(try direct == Data(contentsOf: URL(filePath: folder.path("back/model.bin"))))
    let theirs = try CTranslate2File(path: "\(Self.root)/\(name)/model.bin")
    let ours = try CTranslate2File(contents: direct)
    for variable in theirs.names {
      let (mine, other) = (try #require(ours[variable]), try #require(theirs[variable]))
      #expect(try ours.bytes(of: mine) == theirs.bytes(of: other), "\(variable)")
    }
  }

  @Test func `the bytes do not depend on the number of threads`() throws {
    let folder = try TemporaryFolder()
    let files = try [1, 5].map { threads in
      var options = Self.options("bloom", "int8", to: folder.path("\(threads)"))
      options.threads = threads
      _ = try quantize(options)
      return try Data(contentsOf: URL(filePath: folder.path("\(threads)/model.bin")))
    }
    #expect(files[0] == files[1])
  }

  @Test func `a family that CTranslate2 does not have is refused by name, and nothing is written`()
    throws
  {
    let folder = try TemporaryFolder()
    var options = Self.options("", "int8", to: folder.path("out"))
    options.input = Fixtures.folder.appending(path: "families/mixtral").path
    let error = #expect(throws: ConversionError.self) { try quantize(options) }
    #expect("\(try #require(error))".contains("does not work for the family 'mixtral'"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test func `weights of two types are refused, naming both tensors`() throws {
    let folder = try TemporaryFolder()
    var options = Self.options("llama", "int8", to: folder.path("out"))
    options.recipe.rules = [.init(pattern: "*k_proj.weight", choice: .keep)]
    let error = #expect(throws: ConversionError.self) { try quantize(options) }
    let text = "\(try #require(error))"
    #expect(text.contains("k_proj.weight") && text.contains("int8-ct2"))
  }

  @Test func `a folder without a tokenizer says what to put beside it`() throws {
    let folder = try TemporaryFolder()
    for name in ["model.bin", "config.json", "vocabulary.json"] {
      try FileManager.default.copyItem(
        atPath: "\(Self.root)/llama/float32/\(name)", toPath: folder.path(name))
    }
    let model = try openModel(at: folder.path)
    let error = try #require(model.absence(of: "tokenizer.json"))
    #expect("\(error)".contains("put the original's tokenizer.json"))
  }

  private func weights(_ name: String, of model: any ModelSource) throws -> [Float] {
    let count = try #require(model.description(of: name)).elementCount
    return try [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      try model.read(name, elements: 0..<count, into: buffer)
      initialized = count
    }
  }
}
