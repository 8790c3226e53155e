// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Conversion
import Crypto
import Foundation
import ModelTestSupport
import Quantization
import Tensors
import TestSupport
import Testing

@testable import Container

@Suite struct QuantizeTests {
  @Test(
    arguments: ["nf4", "fp4", "int8", "int8-row", "int8-ct2", "int4", "bf16", "f16", "f32"],
    [ContainerWriter.Compression.none, .auto, .level(3)])
  func `what is read back is what the decoding rule gives`(
    name: String, compression: ContainerWriter.Compression
  ) throws {
    let model = try ModelFolder(ModelFolder.everyKind)
    for twice in [false, true] where !twice || ["nf4", "fp4", "int8", "int8-row"].contains(name) {
      var options = model.options(name, twice: twice, output: "\(name)-\(twice).tone")
      options.compression = compression
      let scheme = try Schemes.scheme(
        named: name, options: SchemeOptions(doubleQuantization: twice))
      let summary = try quantize(options)
      let tone = try ToneModel(path: options.output)
      for file in tone.files { try file.check() }
      #expect(Set(tone.tensors.map(\.name)) == Set(model.tensors.map(\.name)))
      var quantized = 0
      for tensor in model.tensors {
        let found = try #require(tone.description(of: tensor.name))
        #expect(found.shape == tensor.shape && found.elementType == tensor.elementType)
        let isLinear = tensor.name.hasSuffix("_proj.weight") || tensor.name == "d.one.weight"
        guard isLinear, scheme.name != tensor.description.scheme else {
          #expect(try tone.storedBytes(tensor.name) == tensor.bytes, "\(tensor.name)")
          #expect(found.scheme == tensor.description.scheme)
          continue
        }
        quantized += 1
        let encoded = try EncodedTensor(tensor, by: scheme)
        #expect(found.scheme == scheme.name)
        #expect(try tone.weights(tensor.name) == encoded.restored(), "\(tensor.name)")
        #expect(found.storedByteCount == encoded.layout.storedByteCount)
        #expect(
          tone.entry(of: tensor.name)?.statistics == Directory.Statistics(encoded.statistics))
      }
      #expect(summary.quantizedTensors == quantized && summary.tensors == model.tensors.count)
    }
    #expect(try model.outputs().allSatisfy { $0.hasSuffix(".tone") && !$0.hasPrefix(".") })
  }

  @Test(arguments: [false, true])
  func `a tensor of several slabs is encoded as if it were one`(twice: Bool) throws {
    let count = 3 << 20 + 77
    let tensor = TestTensor.ramp("big.weight", [1, count])
    let model = try ModelFolder([tensor])
    let options = model.options("nf4", twice: twice)
    _ = try quantize(options)
    let scheme = try Schemes.scheme(
      named: "nf4", options: SchemeOptions(doubleQuantization: twice))
    let whole = try EncodedTensor(tensor, by: scheme, slab: 4 << 20)
    let tone = try ToneModel(path: options.output)
    for boundary in [150, 1 << 20, 2 << 20, 3 << 20, count - 150] {
      let elements = boundary - 150..<min(count, boundary + 150)
      var found = [Float](repeating: .nan, count: elements.count)
      try found.withUnsafeMutableBufferPointer {
        try tone.read("big.weight", elements: elements, into: $0)
      }
      #expect(found == whole.restored(elements))
    }
    let codes = try #require(tone.entry(of: "big.weight")).encoding.get().component
    let stored = try tone.files[0].withBytes(
      of: codes, in: 0..<(count + 1) / 2, coder: FrameCoder(), Array.init)
    #expect(stored == whole.bytes("codes"))
  }

  @Test(arguments: [("nf4", true), ("int4", false), ("int8-row", true)])
  func `the bytes do not depend on the number of threads`(name: String, twice: Bool) throws {
    let large = TestTensor.ramp("z.weight", [1100, 1024])
    let model = try ModelFolder(ModelFolder.everyKind + [large])
    for compression in [ContainerWriter.Compression.none, .auto] {
      var files: [Data] = []
      for threads in [1, 2, 3, 7] {
        var options = model.options(name, twice: twice, output: "\(threads).tone")
        options.threads = threads
        options.compression = compression
        options.overwrite = true
        _ = try quantize(options)
        files.append(try model.folder.contents(of: "\(threads).tone"))
      }
      #expect(files.allSatisfy { $0 == files[0] })
    }
  }

  @Test func `assets and recipe travel along`() throws {
    let model = try ModelFolder(ModelFolder.everyKind)
    var options = model.options()
    options.recipe = try Recipe(
      yaml: "scheme: int8 # why not\n", path: "r.yaml", fallback: .keep)
    _ = try quantize(options)
    let tone = try ToneModel(path: options.output)
    #expect(tone.assets == (try SafetensorsModel(path: model.path)).assets)
    #expect(tone.assets.map(\.name) == ["LICENSE", "config.json"])
    #expect(tone.files[0].directory.provenance.recipe == "scheme: int8 # why not\n")
  }

  @Test(arguments: [false, true])
  func `the digests are those of the whole source files`(recordsSHA256: Bool) throws {
    let folder = try TemporaryFolder()
    let writer = try SafetensorsDirectoryWriter(
      path: folder.path("sharded"),
      tensors: ModelFolder.everyKind.map {
        TensorDeclaration(name: $0.name, elementType: $0.elementType, shape: $0.shape)
      }, assets: [], shardByteLimit: 8000, overwrite: false)
    for tensor in ModelFolder.everyKind {
      try tensor.bytes.withUnsafeBytes { try writer.append($0, to: tensor.name) }
    }
    try writer.commit()
    for twice in [false, true] {
      var options = QuantizeOptions(
        input: folder.path("sharded"), output: folder.path("\(twice).tone"),
        recipe: Recipe(
          linearLayers: .scheme(
            name: "nf4", options: SchemeOptions(doubleQuantization: twice))))
      options.recordsSHA256 = recordsSHA256
      _ = try quantize(options)
      let sources = try ToneModel(path: options.output).files[0].directory.provenance.sources
      #expect(sources.count > 2)
      for source in sources {
        let contents = try folder.contents(of: "sharded/\(source.name)")
        let checksum = contents.withUnsafeBytes { Kernels.active.crc32c($0) }
        #expect(UInt32(source.crc32c, radix: 16) == checksum)
        #expect(source.crc32c.count == 8 && source.bytes == contents.count)
        let digest = SHA256.hash(data: contents)
          .map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        #expect(source.sha256 == (recordsSHA256 ? digest : nil))
      }
    }
  }

  @Test func `a quantized model is not quantized again, but one with plain tensors is`() throws {
    let model = try ModelFolder(ModelFolder.everyKind)
    _ = try quantize(model.options("nf4", output: "once.tone"))
    var again = model.options("int8", output: "twice.tone")
    again.input = model.folder.path("once.tone")
    #expect(
      throws: ConversionError.alreadyQuantized(
        file: again.input, tensor: "c.q_proj.weight", scheme: "nf4")
    ) { try quantize(again) }
    var keep = model.options(output: "plain.tone", rules: [.init(pattern: "*", choice: .keep)])
    _ = try quantize(keep)
    keep = model.options("nf4", output: "from-tone.tone")
    keep.input = model.folder.path("plain.tone")
    _ = try quantize(keep)
    let direct = try ToneModel(path: model.folder.path("once.tone"))
    let detour = try ToneModel(path: keep.output)
    for tensor in direct.tensors where tensor.scheme == "nf4" {
      #expect(try direct.weights(tensor.name) == detour.weights(tensor.name))
    }
    #expect(try model.outputs() == ["from-tone.tone", "once.tone", "plain.tone"])
  }
}
