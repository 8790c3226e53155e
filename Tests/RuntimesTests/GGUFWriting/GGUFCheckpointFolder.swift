// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Conversion
import Foundation
import Quantization
import Tensors
import TestSupport

@testable import Runtimes

/// A family's checkpoint beside a made-up tokenizer, and what is made of it.
final class GGUFCheckpointFolder {
  /// The families of the fixtures that llama.cpp runs and that are read back; one of its layers has
  /// no experts, so qwen3-moe is not among them.
  static let families = [
    "bloom", "deepseek-v3", "falcon-40b", "falcon-7b", "gemma", "gemma2", "gemma3", "gpt-neox",
    "gpt-oss", "gpt2", "llama", "mistral", "mixtral", "mpt", "olmo2", "phi", "phi3", "qwen2",
    "qwen3", "stablelm", "starcoder2",
  ]

  let folder: TemporaryFolder
  var path: String { folder.path("model") }
  var output: String { folder.path("out.gguf") }

  /// - Parameter changing: changes members of `config.json`; a null removes one.
  init(_ family: String, tokenizer: Bool = true, changing: [String: Any] = [:]) throws {
    folder = try TemporaryFolder()
    let source = Fixtures.folder.appending(path: "families/\(family)")
    try FileManager.default.createDirectory(
      atPath: folder.path("model"), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      at: URL(filePath: folder.path("model/model.safetensors")),
      withDestinationURL: source.appending(path: "model.safetensors"))
    let data = try Data(contentsOf: source.appending(path: "config.json"))
    var config = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    let size = config["vocab_size"] as? Int ?? 0
    for (key, value) in changing { config[key] = value is NSNull ? nil : value }
    try folder.write(
      JSONSerialization.data(withJSONObject: config, options: .sortedKeys),
      as: "model/config.json")
    if tokenizer {
      try folder.write(Self.tokenizer(tokenCount: size), as: "model/tokenizer.json")
    }
  }

  /// A byte-level tokenizer of LLaMA 3's kind whose tokens no text leads to, but for three.
  private static func tokenizer(tokenCount: Int) -> String {
    let tokens = ["<s>", "a", "b", "ab"] + (4..<tokenCount).map { "t\($0)" }
    let vocabulary = tokens.enumerated().map { #""\#($1)":\#($0)"# }.joined(separator: ",")
    return #"""
      {"added_tokens":[{"id":0,"content":"<s>","special":true}],
       "pre_tokenizer":{"type":"Sequence","pretokenizers":[
         {"type":"Split","pattern":{"Regex":"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"},
          "behavior":"Isolated","invert":false},
         {"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]},
       "model":{"type":"BPE","ignore_merges":true,"merges":["a b"],
         "vocab":{\#(vocabulary)}}}
      """#
  }

  var options: QuantizeOptions {
    var options = QuantizeOptions(
      input: path, output: output,
      recipe: Recipe(linearLayers: .scheme(name: "f32", options: SchemeOptions())))
    options.format = GGUFWriter.name
    options.threads = 2
    return options
  }

  /// Writes the file and reads it as a checkpoint.
  func written(as scheme: String = "f32") throws -> any ModelSource {
    var options = options
    options.recipe.linearLayers = .scheme(name: scheme, options: SchemeOptions())
    _ = try quantize(options)
    return try openModel(at: output)
  }
}
