// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import ModelTestSupport
import Quantization
import Tensors
import TestSupport
import Testing

@testable import Runtimes

/// Damages valid folders at random: whatever comes out is refused with an error or can be read.
///
/// ``MutationSeeds`` says which cases.
@Suite struct MLXMutationTests {
  private static let defaultCaseCount = 3000
  /// The most codes that a byte holds, of two bits each.
  private static let weightsPerByte = 4

  @Test func `a damaged model is refused with an error or every tensor can be read`() throws {
    let seeds = MutationSeeds.range(default: Self.defaultCaseCount)
    var (opened, refused) = (0, 0)
    for seed in seeds {
      var mutation = MLXMutation(seed: UInt64(bitPattern: Int64(seed)))
      guard let (contents, config) = try? mutation.folder() else { continue }
      do {
        let file = try SafetensorsFile(contents: contents, path: "seed \(seed)")
        let plain = try SafetensorsModel(
          path: "seed \(seed)", files: [file],
          assets: [Asset(name: "config.json", contents: config)])
        guard let model = try MLXModel(plain)?.asCheckpoint() else { continue }
        try readAll(of: model, fileByteCount: contents.count, seed: seed)
        opened += 1
      } catch let error as RuntimeError {
        refused += 1
        if error.description.contains("\n") {
          Issue.record("seed \(seed): the message is not one line: \(error)")
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

  private func readAll(of model: any ModelSource, fileByteCount: Int, seed: Int) throws {
    for tensor in model.tensors {
      guard tensor.elementCount <= Self.weightsPerByte * fileByteCount else {
        Issue.record("seed \(seed): \(tensor) claims more weights than the file holds")
        continue
      }
      if let stored = try (model as? any EncodedSource)?.stored(tensor.name) {
        _ = try stored.layout(of: tensor)
        for position in stored.components.indices { _ = try stored.bytes(of: position) }
      } else {
        _ = try model.withStoredBytes(of: tensor.name) { $0.count }
        guard ElementConversion.canWiden(tensor.elementType) else { continue }
      }
      _ = try model.weights(tensor.name)
    }
  }
}
