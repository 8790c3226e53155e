// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Container
import Conversion
import Foundation
import Quantization
import Synchronization
import Tensors
import TestSupport
import Testing

/// What the writer promises of its bytes, on the trained checkpoint.
@Suite struct WriterTests {
  private let folder = try? TemporaryFolder()

  private func quantized(
    _ choice: Recipe.Choice, as name: String, _ change: (inout QuantizeOptions) -> Void = { _ in }
  ) throws -> String {
    let path = try #require(folder).path(name)
    var options = QuantizeOptions(
      input: Fixtures.trainedModel.path, output: path, recipe: Recipe(linearLayers: choice))
    change(&options)
    _ = try quantize(options)
    return path
  }

  private static let nf4 = Recipe.Choice.scheme(
    name: "nf4", options: SchemeOptions(blockSize: 64, doubleQuantization: true))

  @Test(arguments: [ContainerWriter.Compression.auto, .none])
  func `the bytes do not depend on the number of threads`(
    compression: ContainerWriter.Compression
  ) throws {
    let files = try [1, 2, 5].map { threads in
      let path = try quantized(Self.nf4, as: "\(threads).tone") { options in
        options.threads = threads
        options.compression = compression
      }
      return try Data(contentsOf: URL(filePath: path))
    }
    #expect(files[0] == files[1])
    #expect(files[0] == files[2])
  }

  @Test func `compression changes the size and not one weight`() throws {
    let none = try quantized(Self.nf4, as: "none.tone") { $0.compression = .none }
    let auto = try quantized(Self.nf4, as: "auto.tone")
    let nine = try quantized(Self.nf4, as: "nine.tone") { $0.compression = .level(9) }
    let models = try [none, auto, nine].map { try ToneModel(path: $0) }
    #expect(models[1].byteCount < models[0].byteCount)
    #expect(models[2].byteCount <= models[1].byteCount)
    for tensor in models[0].tensors {
      let weights = try models[0].weights(of: tensor.name)
      for other in models[1...] {
        let found = try other.weights(of: tensor.name)
        #expect(
          zip(found, weights).allSatisfy { $0.bitPattern == $1.bitPattern }, "\(tensor.name)")
      }
    }
  }

  @Test func `cancelling lets go who waits, and who writes can end before the file is given up`()
    throws
  {
    let folder = try TemporaryFolder()
    let writer = try ContainerWriter(
      path: folder.path("m.tone"), compression: .none, overwrite: false)
    let component = writer.addComponent(role: "codes", type: .u8, shape: [8], frameByteCount: 4)
    let wasLetGo = Mutex(false)
    let waiting = DispatchGroup()
    DispatchQueue.global().async(group: waiting) {
      let isCancelled = [UInt8](repeating: 1, count: 4).withUnsafeBytes { bytes in
        do {
          _ = try writer.prepare(bytes, of: component, index: 1, coder: FrameCoder())
          return false
        } catch { return error is CancellationError }
      }
      wasLetGo.withLock { $0 = isCancelled }
    }
    writer.cancel()
    waiting.wait()
    #expect(wasLetGo.withLock { $0 })
    try [UInt8](repeating: 1, count: 4).withUnsafeBytes { bytes in
      let frame = try writer.prepare(bytes, of: component, index: 0, coder: FrameCoder())
      try writer.write(writer.place(frame))
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 1)
    writer.abandon()
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  /// The trained embedding becomes about 32 % smaller. bf16 weights cast to fp16 become 30 % smaller,
  /// because three bits of each are zero; real fp16 weights, whose fractions are noise, about 16 %.
  @Test func `kept bf16 weights become at least 30 % smaller`() throws {
    let path = try quantized(Self.nf4, as: "kept.tone")
    let saved = try saving(of: "model.embed_tokens.weight", type: "BF16", in: path)
    #expect(saved >= 0.30)
    let cast = try quantized(.scheme(name: "f16", options: .init()), as: "f16.tone")
    let layer = "model.layers.0.mlp.down_proj.weight"
    #expect(try saving(of: layer, type: "F16", in: cast) > 0)
  }

  /// How much smaller than its numbers a plain tensor is stored, as a fraction.
  private func saving(of name: String, type: String, in path: String) throws -> Double {
    let tensor = try #require(try ToneModel(path: path).entry(of: name))
    let position = try tensor.encoding.get().component
    let component = try ToneFile(path: path).directory.components[position]
    #expect(component.type == type)
    let frames = ToneBytes([UInt8](try Data(contentsOf: URL(filePath: path)))).frames
    let run = frames[component.firstFrame..<component.firstFrame + component.frameCount]
    let stored = run.reduce(0) { $0 + Int($1.byteCount) }
    return 1 - Double(stored) / Double(component.shape.reduce(2, *))
  }
}
