// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Inference
import Tensors
import TestSupport
import Testing

@testable import Runtimes

/// Files that llama.cpp's converter made of checkpoints, against these checkpoints.
@Suite struct GGUFFamilyTests {
  private static let names = [
    "llama", "mixtral", "qwen3", "gemma2", "phi3", "gpt2", "gpt-neox", "falcon-40b",
  ]
  /// Gemma's norms are near 0 and stored plus 1, which rounds them to half of 2^-23.
  private static let normTolerance: Float = 0x1p-24

  private func models(_ name: String) throws -> (gguf: GGUFModel, checkpoint: SafetensorsModel) {
    (
      try GGUFModel(path: Fixtures.folder.appending(path: "gguf/\(name).gguf").path),
      try SafetensorsModel(path: Fixtures.folder.appending(path: "families/\(name)").path)
    )
  }

  private func weights(_ name: String, of source: any ModelSource, _ range: Range<Int>) throws
    -> [Float]
  {
    try [Float](unsafeUninitializedCapacity: range.count) { buffer, count in
      try source.read(name, elements: range, into: buffer)
      count = range.count
    }
  }

  @Test(arguments: names)
  func `every tensor has the checkpoint's name, shape and weights`(name: String) throws {
    let (gguf, checkpoint) = try models(name)
    let isGemma = name.hasPrefix("gemma")
    for tensor in gguf.tensors {
      let original = try #require(checkpoint.description(of: tensor.name), "\(tensor.name)")
      // The file has only the first tokens.
      #expect(tensor.shape.dropFirst() == original.shape.dropFirst())
      let all = 0..<tensor.elementCount
      let found = try weights(tensor.name, of: gguf, all)
      let expected = try weights(tensor.name, of: checkpoint, all)
      if isGemma, tensor.name.hasSuffix("norm.weight") {
        #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= Self.normTolerance })
      } else {
        #expect(found == expected, "\(tensor.name)")
      }
      let part = tensor.elementCount / 3..<tensor.elementCount * 2 / 3
      #expect(try weights(tensor.name, of: gguf, part) == Array(found[part]), "\(tensor.name)")
    }
  }

  @Test(arguments: names)
  func `stored bytes are the checkpoint's where the type is`(name: String) throws {
    let (gguf, checkpoint) = try models(name)
    var count = 0
    for tensor in gguf.tensors {
      guard let original = checkpoint.description(of: tensor.name),
        original.elementType == tensor.elementType, tensor.shape == original.shape
      else { continue }
      let expected = try checkpoint.withStoredBytes(of: tensor.name) { Array($0) }
      #expect(try gguf.withStoredBytes(of: tensor.name) { Array($0) } == expected, "\(tensor.name)")
      let range = expected.count / 3..<expected.count * 2 / 3
      let part = try gguf.withStoredBytes(of: tensor.name, in: range) { Array($0) }
      #expect(part == Array(expected[range]), "\(tensor.name)")
      count += 1
    }
    #expect(count > 3)
  }

  @Test(arguments: names)
  func `the decoder takes the configuration and uses every tensor`(name: String) throws {
    let model = try models(name).gguf
    let decoder = try Decoder(model, threads: 1)
    let states = try decoder.hiddenStates(of: [[3, 1, 4, 1, 5, 9, 2, 6]], observe: nil)
    #expect(states.allSatisfy { $0.isFinite })
  }

  @Test func `an architecture without a map is listed as it is and says why it can't be run`()
    throws
  {
    var file = GGUFBytes(
      entries: [GGUFBytes.entry("general.architecture", text: "mamba")],
      tensors: [GGUFBytes.tensor("blk.0.ssm_a", [2], type: 0)], data: Data(count: 8))
    let model = try GGUFModel(path: "f", files: [GGUFFile(contents: file.contents, path: "f")])
    #expect(model.tensors.map(\.name) == ["blk.0.ssm_a"])
    #expect(
      throws: GGUFError.unmappedArchitecture(
        file: "f", architecture: "mamba", known: GGUFFamily.readArchitectures)
    ) { try Decoder(model, threads: 1) }
    file.entries = []
    let nameless = try GGUFModel(path: "f", files: [GGUFFile(contents: file.contents, path: "f")])
    #expect(nameless.architecture.isEmpty && nameless.tensors.count == 1)
  }

  @Test func `a tensor or key that a family does not know keeps the model from being run`() throws {
    let path = Fixtures.folder.appending(path: "gguf/llama.gguf").path
    let contents = try Data(contentsOf: URL(filePath: path))
    func refusal(_ text: String, _ other: String) throws -> (any Error)? {
      var changed = contents
      let place = try #require(contents.range(of: Data(text.utf8)))
      changed.replaceSubrange(place, with: Data(other.utf8))
      return try GGUFModel(path: "f", files: [GGUFFile(contents: changed, path: "f")])
        .absence(of: "config.json")
    }
    let tensor = try refusal("ffn_gate.weight", "ffn_gat_.weight")
    #expect(
      tensor as? GGUFError
        == .notUnderstood(
          file: "f", architecture: "llama", place: .tensor("blk.0.ffn_gat_.weight")))
    let key = try refusal("llama.vocab_size", "llama.vocab_sink")
    #expect(
      key as? GGUFError
        == .notUnderstood(file: "f", architecture: "llama", place: .key("llama.vocab_sink")))
  }
}
