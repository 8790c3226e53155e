// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Quantization
import Tensors
import TestSupport
import Testing

@testable import Runtimes

/// Damages valid files at random: whatever comes out is refused with an error or can be read.
///
/// ``MutationSeeds`` says which cases.
@Suite struct BitsandbytesMutationTests {
  private static let defaultCaseCount = 3000

  @Test func `a damaged model is refused with an error or every tensor can be read`() throws {
    let seeds = MutationSeeds.range(default: Self.defaultCaseCount)
    var (opened, refused) = (0, 0)
    for seed in seeds {
      var mutation = BitsandbytesMutation(seed: UInt64(bitPattern: Int64(seed)))
      guard let contents = try? mutation.file() else { continue }
      do {
        let file = try SafetensorsFile(contents: contents, path: "seed \(seed)")
        let plain = try SafetensorsModel(path: "seed \(seed)", files: [file], assets: [])
        guard let model = try BitsandbytesModel(plain) else { continue }
        try readAll(of: model, fileByteCount: contents.count, seed: seed)
        opened += 1
      } catch let error as RuntimeError {
        refused += 1
        if error.description.contains("\n") || !error.description.contains("seed \(seed)") {
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

  private func readAll(of model: BitsandbytesModel, fileByteCount: Int, seed: Int) throws {
    for tensor in model.tensors where model.defect(of: tensor.name) == nil {
      let count = tensor.elementCount
      // Two codes to a byte: no description can make a reader restore more.
      guard count <= 2 * fileByteCount else {
        Issue.record("seed \(seed): \(tensor) claims more weights than the file holds")
        continue
      }
      if let stored = try model.stored(tensor.name) {
        _ = try stored.layout(of: tensor)
        for position in stored.components.indices { _ = try stored.bytes(of: position) }
      } else {
        _ = try model.withStoredBytes(of: tensor.name) { $0.count }
        guard ElementConversion.canWiden(tensor.elementType) else { continue }
      }
      var weights = [Float](repeating: 0, count: count)
      try weights.withUnsafeMutableBufferPointer {
        try model.read(tensor.name, elements: 0..<count, into: $0)
      }
    }
  }
}
