// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Quantization
import Tensors
import TestSupport
import Testing

@testable import Runtimes

/// Damages valid folders at random: whatever comes out is refused with an error or can be read.
///
/// ``MutationSeeds`` says which cases.
@Suite struct IntegerGroupMutationTests {
  private static let defaultCaseCount = 2000

  @Test func `a damaged folder is refused with an error or every tensor can be read`() throws {
    let seeds = MutationSeeds.range(default: Self.defaultCaseCount)
    var (opened, refused) = (0, 0)
    for seed in seeds {
      var mutation = IntegerGroupMutation(seed: UInt64(bitPattern: Int64(seed)))
      guard let contents = try? mutation.folder() else { continue }
      do {
        let file = try SafetensorsFile(contents: contents.file, path: "seed \(seed)")
        let plain = try SafetensorsModel(
          path: "seed \(seed)", files: [file],
          assets: [Asset(name: "config.json", contents: contents.config)])
        guard let model = try source(of: plain) else { continue }
        try readAll(of: model, fileByteCount: contents.file.count, seed: seed)
        opened += 1
      } catch let error as RuntimeError {
        refused += 1
        let text = error.description
        if text.contains("\n") || !(text.contains("seed \(seed)") || text.contains("family")) {
          Issue.record("seed \(seed): the message is not one line with the file: \(error)")
        }
      } catch let error as CheckpointError {
        refused += 1
        _ = error.description
      } catch let error as QuantizationError {
        Issue.record("seed \(seed): components that do not fit were let through: \(error)")
      }
    }
    // Both outcomes must be met, or the mutations are too mild or too wild to tell anything.
    #expect(opened > seeds.count / 100 && refused > seeds.count / 10)
  }

  private func source(of model: SafetensorsModel) throws -> (any EncodedSource)? {
    try CompressedTensorsModel(model) ?? GPTQModel(model) ?? AWQModel(model)
  }

  private func readAll(of model: any EncodedSource, fileByteCount: Int, seed: Int) throws {
    for tensor in model.tensors {
      let count = tensor.elementCount
      // Two bits and more to a code: no description can make a reader restore more.
      guard count <= 4 * fileByteCount else {
        Issue.record("seed \(seed): \(tensor) claims more weights than the file holds")
        continue
      }
      do {
        if let stored = try model.stored(tensor.name) {
          _ = try stored.layout(of: tensor)
          for position in stored.components.indices { _ = try stored.bytes(of: position) }
        } else {
          _ = try model.withStoredBytes(of: tensor.name) { $0.count }
          guard ElementConversion.canWiden(tensor.elementType) else { continue }
        }
      } catch RuntimeError.notCopied {}
      var weights = [Float](repeating: 0, count: count)
      try weights.withUnsafeMutableBufferPointer {
        try model.read(tensor.name, elements: 0..<count, into: $0)
      }
    }
  }
}
