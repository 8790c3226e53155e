// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Conversion
import Foundation
import Inference
import Quantization
import Tensors
import TestSupport
import Testing

@testable import Runtimes

/// Files that are written, against the checkpoints that they are of and against llama.cpp's converter.
@Suite struct GGUFWriterTests {
  /// Gemma's norms are near 0 and stored plus 1, which rounds them to half of 2^-23.
  private static let normTolerance: Float = 0x1p-24

  private func weights(_ name: String, of source: any ModelSource) throws -> [Float] {
    let count = source.description(of: name)?.elementCount ?? 0
    return try [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      try source.read(name, elements: 0..<count, into: buffer)
      initialized = count
    }
  }

  @Test(arguments: GGUFCheckpointFolder.families)
  func `a file is read as the checkpoint that it was made from`(family: String) throws {
    let folder = try GGUFCheckpointFolder(family)
    let checkpoint = try SafetensorsModel(path: folder.path)
    let found = try folder.written()
    #expect(Set(found.tensors.map(\.name)) == Set(checkpoint.tensors.map(\.name)))
    for tensor in checkpoint.tensors {
      #expect(found.description(of: tensor.name)?.shape == tensor.shape, "\(tensor.name)")
      let (ours, theirs) = try (
        weights(tensor.name, of: found), weights(tensor.name, of: checkpoint)
      )
      if family.hasPrefix("gemma"), tensor.name.hasSuffix("norm.weight") {
        #expect(zip(ours, theirs).allSatisfy { abs($0 - $1) <= Self.normTolerance })
      } else {
        #expect(ours == theirs, "\(tensor.name)")
      }
    }
    let states = try Decoder(found, threads: 1).hiddenStates(
      of: [[3, 1, 4, 1, 5, 9, 2, 6]], observe: nil)
    let expected = try Decoder(checkpoint, threads: 1).hiddenStates(
      of: [[3, 1, 4, 1, 5, 9, 2, 6]], observe: nil)
    // The same weights but for Gemma's norms, so the same arithmetic.
    let error = zip(states, expected).reduce(0 as Float) { max($0, abs($1.0 - $1.1)) }
    #expect(error <= (family.hasPrefix("gemma") ? 1e-3 : 0), "\(error)")
  }

  @Test(arguments: [
    "llama", "mixtral", "qwen3", "gemma2", "phi3", "gpt2", "gpt-neox", "falcon-40b",
  ])
  func `tensors of the first layer are those of llama cpp's converter`(family: String) throws {
    let theirs = try GGUFFile(
      path: Fixtures.folder.appending(path: "gguf/\(family).gguf").path)
    let folder = try GGUFCheckpointFolder(family)
    let type = try #require(theirs.tensors.first { $0.name == "token_embd.weight" }).type
    _ = try folder.written(as: type.name)
    let ours = try GGUFFile(path: folder.output)
    for tensor in theirs.tensors {
      let found = try #require(ours.tensors.first { $0.name == tensor.name }, "\(tensor.name)")
      #expect(found.type == tensor.type, "\(tensor.name)")
      // That file has only the first tokens.
      let count = tensor.byteRange.count
      let expected = try theirs.file.withBytes(in: tensor.byteRange) { Array($0) }
      let range = found.byteRange.lowerBound..<found.byteRange.lowerBound + count
      #expect(try ours.file.withBytes(in: range) { Array($0) } == expected, "\(tensor.name)")
    }
  }

  @Test(arguments: ["llama", "mixtral", "gpt2", "falcon-40b"])
  func `what an architecture says is what the converter says`(family: String) throws {
    let theirs = try GGUFFile(
      path: Fixtures.folder.appending(path: "gguf/\(family).gguf").path
    ).metadata
    let folder = try GGUFCheckpointFolder(family)
    _ = try folder.written()
    let ours = try GGUFFile(path: folder.output).metadata
    let architecture = try #require(try theirs.text("general.architecture"))
    // Of that file, one layer and few tokens are left; the converter knows no context of Falcon's.
    let changed = ["block_count", "vocab_size", family == "falcon-40b" ? "context_length" : ""]
    for key in theirs.keys where key.hasPrefix(architecture + ".") {
      if changed.contains(where: { key.hasSuffix("." + $0) }) { continue }
      guard case .text = theirs.values[key] else {
        #expect(ours.values[key] == theirs.values[key], "\(key)")
        continue
      }
      #expect(try ours.text(key) == theirs.text(key), "\(key)")
    }
  }

  @Test func `matrices get the type that is asked for, vectors, norms and routers stay F32`()
    throws
  {
    let folder = try GGUFCheckpointFolder("mixtral")
    _ = try folder.written(as: "f16")
    let types = Dictionary(
      uniqueKeysWithValues: try GGUFFile(path: folder.output).tensors.map {
        ($0.name, $0.type.name)
      })
    for name in ["token_embd", "output", "blk.0.attn_q", "blk.0.ffn_down_exps"] {
      #expect(types[name + ".weight"] == "f16", "\(name)")
    }
    for name in ["output_norm", "blk.0.attn_norm", "blk.0.ffn_gate_inp"] {
      #expect(types[name + ".weight"] == "f32", "\(name)")
    }
  }

  @Test func `bytes do not depend on how many threads work`() throws {
    let folder = try GGUFCheckpointFolder("mixtral")
    var options = folder.options
    let outputs = try [1, 2, 5].map { threads in
      options.threads = threads
      options.output = folder.folder.path("\(threads).gguf")
      _ = try quantize(options)
      return try folder.folder.contents(of: "\(threads).gguf")
    }
    #expect(outputs[0] == outputs[1] && outputs[0] == outputs[2])
  }

  @Test func `several files hold the same as one, and nothing else is left`() throws {
    let folder = try GGUFCheckpointFolder("llama")
    var options = folder.options
    options.splitByteLimit = 100_000
    _ = try quantize(options)
    let names = try folder.folder.names().filter { $0 != "model" }
    #expect(names.count > 3 && names.allSatisfy { $0.hasPrefix("out-0") })
    let split = try GGUFModel(path: folder.folder.path(names[0]))
    #expect(split.files.count == names.count)
    let whole = try folder.written()
    #expect(Set(split.tensors.map(\.name)) == Set(whole.tensors.map(\.name)))
    for tensor in whole.tensors {
      #expect(try weights(tensor.name, of: split) == weights(tensor.name, of: whole))
    }
    #expect(throws: FileError.alreadyExists(path: folder.folder.path(names[0]))) {
      try quantize(options)
    }
  }

  @Test func `a head that is the embedding is written where llama cpp wants one`() throws {
    let folder = try GGUFCheckpointFolder("gpt-neox", changing: ["tie_word_embeddings": true])
    let checkpoint = try SafetensorsModel(path: folder.path)
    let headless = try ArrangedSource(
      checkpoint,
      checkpoint.tensors.filter { $0.name != "embed_out.weight" }.map { Arrangement(asIs: $0) })
    let arranged = try GGUFWriter.arrange(headless)
    let (head, tokens) = try (
      arranged.withStoredBytes(of: "embed_out.weight") { Array($0) },
      checkpoint.withStoredBytes(of: "gpt_neox.embed_in.weight") { Array($0) }
    )
    #expect(head == tokens)
  }
}
