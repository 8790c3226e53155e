// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors
import TestSupport
import Testing

@testable import Inference

@Suite struct TensorReferenceTests {
  /// Two matrices of 70 rows and 41 columns, each number its own place.
  private func source() throws -> AlteredModel {
    try AlteredModel(Fixtures.folder.appending(path: "families/llama"))
      .adding("stack", shape: [2, 70, 41], values: (0..<2 * 70 * 41).map { Float($0) })
  }

  private func numbers(_ reference: TensorReference) throws -> [Float] {
    try numbers(reference, of: source())
  }

  /// All numbers; rows that are read alone must be the same.
  private func numbers(_ reference: TensorReference, of source: AlteredModel) throws -> [Float] {
    let width = reference.count / reference.shape[0]
    let all = FloatBuffer(count: reference.count), part = FloatBuffer(count: reference.count)
    try reference.read(from: source, into: all.base, threads: 2)
    for rows in [0..<1, 1..<reference.shape[0], 0..<reference.shape[0] / 2] {
      try reference.read(rows: rows, from: source, into: part.base)
      let expected = all.all[rows.lowerBound * width..<rows.upperBound * width]
      #expect(Array(part.all[..<expected.count]) == Array(expected))
    }
    return Array(all.all)
  }

  private func reference(_ index: Int) -> TensorReference {
    var reference = TensorReference(name: "stack", shape: [2, 70, 41])
    reference.index = index
    return reference
  }

  @Test func `one matrix of a stack is read`() throws {
    #expect(reference(1).shape == [70, 41])
    #expect(try numbers(reference(1)) == (70 * 41..<2 * 70 * 41).map { Float($0) })
  }

  @Test func `a transposed matrix has a row for each output`() throws {
    var transposed = reference(0)
    transposed.isTransposed = true
    #expect(transposed.shape == [41, 70])
    let expected = (0..<41).flatMap { output in (0..<70).map { Float($0 * 41 + output) } }
    #expect(try numbers(transposed) == expected)
  }

  @Test(arguments: [false, true])
  func `outputs are taken in the order of their runs, repetition by repetition`(
    transposed: Bool
  ) throws {
    let selection = OutputSelection(
      runs: [.init(start: 3, count: 2, step: 4), .init(start: 1, count: 3)], repetitions: 2,
      distance: 20)
    let outputs = [3, 7, 1, 2, 3, 23, 27, 21, 22, 23]
    var selected = reference(1)
    selected.isTransposed = transposed
    selected.selection = selection
    #expect(selection.count == outputs.count)
    #expect(selected.shape == [outputs.count, transposed ? 70 : 41])
    let expected = outputs.flatMap { output in
      (0..<(transposed ? 70 : 41)).map { input in
        Float(70 * 41 + (transposed ? input * 41 + output : output * 41 + input))
      }
    }
    #expect(try numbers(selected) == expected)
  }

  @Test func `a selection of a vector takes single numbers, and an offset is added to each`() throws
  {
    var bias = TensorReference(name: "bias", shape: [6])
    bias.selection = .run(from: 1, count: 2, repetitions: 2, distance: 3)
    bias.offset = 0.5
    let source = try source().adding("bias", shape: [6], values: [0, 1, 2, 3, 4, 5])
    #expect(try numbers(bias, of: source) == [1.5, 2.5, 4.5, 5.5])
  }
}
