// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Quantization
import Tensors
import TestSupport
import Testing

@testable import Runtimes

/// Damages valid models at random: whatever comes out is refused with an error or can be read.
///
/// ``MutationSeeds`` says which cases.
@Suite struct GridMutationTests {
  private static let defaultCaseCount = 1000

  @Test func `a damaged model is refused with an error or every tensor can be read`() throws {
    let bases = try (GridFixture.models + GridFixture.published.map(\.folder)).map {
      try GridArrays(of: GridFixture.path($0))
    }
    let seeds = MutationSeeds.range(default: Self.defaultCaseCount)
    var (opened, refused) = (0, 0)
    for seed in seeds {
      var mutation = GridMutation(seed: UInt64(bitPattern: Int64(seed)))
      let arrays = mutation.arrays(from: bases)
      guard let byteCount = try? arrays.file().count else { continue }
      do {
        try readAll(of: arrays.open(path: "seed \(seed)"), fileByteCount: byteCount, seed: seed)
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

  private func readAll(
    of model: any EncodedFolderSource, fileByteCount: Int, seed: Int
  ) throws {
    for tensor in model.tensors {
      let count = tensor.elementCount
      // Two codes to a byte: no description can make a reader restore more.
      guard count <= 2 * fileByteCount else {
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

/// A model's arrays and configuration, damaged in one to three ways that follow from a seed.
private struct GridMutation {
  private var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  private static let suffixes = [
    ".weight_scale", ".weight_scale_2", ".weight_scale_inv", ".weight_packed", ".weight", "_blocks",
    "_scales", ".weight_global_scale", ".pre_quant_scale", ".input_scale", "",
  ]

  private static let fragments = [
    "{", "}", "[", "null", "-1", "0", "1", "1e999", "3", "7", "16", "4096", "9223372036854775807",
    "\"fp8\"", "\"modelopt\"", "\"mxfp4\"", "\"group\"", "\"block\"", "\"int\"", "[0, 0]", "[1, 1]",
    "[4611686018427387904, 2]",
  ]

  mutating func arrays(from bases: [GridArrays]) -> GridArrays {
    var arrays = bases[place(in: bases.count)]
    for _ in 0..<Int.random(in: 1...3, using: &random) { damage(&arrays) }
    return arrays
  }

  private mutating func place(in count: Int) -> Int {
    count > 0 ? Int.random(in: 0..<count, using: &random) : 0
  }

  private mutating func damage(_ arrays: inout GridArrays) {
    guard !arrays.list.isEmpty else { return }
    let index = place(in: arrays.list.count)
    switch Int.random(in: 0..<7, using: &random) {
    case 0: arrays.list.remove(at: index)
    case 1:
      let other = place(in: arrays.list.count)
      (arrays.list[index].name, arrays.list[other].name) =
        (arrays.list[other].name, arrays.list[index].name)
    case 2, 3: reshape(&arrays.list[index])
    case 4:
      let same = ElementType.allCases.filter { $0.bitWidth == arrays.list[index].type.bitWidth }
      arrays.list[index].type = same.randomElement(using: &random) ?? .u8
    case 5:
      let name = arrays.list[index].name
      let stem = name.prefix { _ in true }.split(separator: ".").dropLast().joined(separator: ".")
      arrays.list[index].name = stem + (Self.suffixes.randomElement(using: &random) ?? "") + "x"
      if Bool.random(using: &random) { arrays.list[index].name.removeLast() }
      if arrays.list[index].name.isEmpty { arrays.list[index].name = "x" }
    default: damageConfiguration(&arrays)
    }
  }

  /// Another shape, of as many bytes or of others.
  private mutating func reshape(_ array: inout GridArrays.Array) {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: array.shape = array.shape.reversed()
    case 1: array.shape = [array.shape.reduce(1, *)]
    case 2: array.shape.insert(1, at: place(in: array.shape.count + 1))
    default:
      array.shape = (0..<place(in: 5)).map { _ in Int.random(in: 0...70, using: &random) }
      let count = array.type.byteCount(of: array.shape.reduce(1, *)) ?? 0
      array.bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    }
  }

  private mutating func damageConfiguration(_ arrays: inout GridArrays) {
    guard !arrays.assets.isEmpty else { return }
    let asset = place(in: arrays.assets.count)
    var text = Array(arrays.assets[asset].contents)
    let start = place(in: text.count)
    let fragment = Self.fragments.randomElement(using: &random) ?? ""
    switch Int.random(in: 0..<3, using: &random) {
    case 0: text.removeSubrange(start..<min(text.count, start + 1 + place(in: 9)))
    case 1: text.insert(contentsOf: fragment.utf8, at: start)
    default:
      // A value in place of another one.
      let colons = text.indices.filter { text[$0] == UInt8(ascii: ":") }
      guard let colon = colons.randomElement(using: &random) else { return }
      let end = text[colon...].firstIndex { [0x2C, 0x7D].contains($0) } ?? text.count
      text.replaceSubrange(colon + 1..<max(colon + 1, end), with: fragment.utf8)
    }
    arrays.assets[asset].contents = Data(text)
  }
}
