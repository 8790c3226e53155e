// SPDX-License-Identifier: Apache-2.0

import Inference

/// A model's output head with the buffer that its logits go to, a bounded number of rows at a time.
///
/// Not for concurrent use: the rows that ``logits(of:rows:)`` returns are overwritten by its next call.
final class OutputHead {
  /// No more logits than this are held, unless one row alone is longer.
  static let byteLimit = 64 << 20

  let model: any LanguageModel
  /// How many rows fit the buffer.
  let rowLimit: Int
  private let buffer: UnsafeMutableBufferPointer<Float>

  /// - Parameter rows: the most rows that anybody will ask for at once.
  init(of model: any LanguageModel, rows: Int) {
    self.model = model
    let rowBytes = max(1, model.vocabularySize) * MemoryLayout<Float>.stride
    rowLimit = max(1, min(rows, Self.byteLimit / rowBytes))
    buffer = .allocate(capacity: rowLimit * model.vocabularySize)
    buffer.initialize(repeating: 0)
  }

  deinit { buffer.deallocate() }

  /// The logits of some rows of final hidden states.
  ///
  /// - Parameters:
  ///   - states: final hidden states, row-major.
  ///   - rows: at most ``rowLimit``, inside `states`.
  func logits(of states: [Float], rows: Range<Int>) throws -> SharedFloats {
    let width = model.hiddenSize
    let target = UnsafeMutableBufferPointer(
      rebasing: buffer[..<(rows.count * model.vocabularySize)])
    try states.withUnsafeBufferPointer { states in
      try model.logits(
        of: UnsafeBufferPointer(
          rebasing: states[rows.lowerBound * width..<rows.upperBound * width]),
        into: target)
    }
    return SharedFloats(UnsafeBufferPointer(target))
  }
}

extension Range<Int> {
  /// The range in pieces of at most `length`, in order.
  func pieces(of length: Int) -> [Range<Int>] {
    stride(from: lowerBound, to: upperBound, by: length).map {
      $0..<Swift.min($0 + length, upperBound)
    }
  }
}
