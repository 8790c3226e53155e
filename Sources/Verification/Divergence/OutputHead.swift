// SPDX-License-Identifier: Apache-2.0

import Inference

/// Room for a model's logits, a bounded number of rows at a time.
///
/// Not for concurrent use: the rows that ``logits(of:rows:)`` returns are overwritten by its next call.
final class OutputHead {
  /// No more logits than this are held, unless one row alone is longer.
  static let byteLimit = 64 << 20
  /// Beyond this a product with the head gains nothing.
  static let rowLimit = 256

  let model: any LanguageModel
  /// How many rows fit the buffer.
  let rowLimit: Int
  private let buffer: UnsafeMutableBufferPointer<Float>

  /// - Parameter rows: the most rows that anybody will ask for at once.
  init(of model: any LanguageModel, rows: Int) {
    self.model = model
    rowLimit = Self.rowLimit(vocabularySize: model.vocabularySize, rows: rows)
    buffer = .allocate(capacity: rowLimit * model.vocabularySize)
    buffer.initialize(repeating: 0)
  }

  deinit { buffer.deallocate() }

  /// How many rows of logits are held.
  static func rowLimit(vocabularySize: Int, rows: Int) -> Int {
    let rowBytes = max(1, vocabularySize) * MemoryLayout<Float>.stride
    return max(1, min(rows, rowLimit, byteLimit / rowBytes))
  }

  /// The logits of some rows of the final hidden states.
  ///
  /// - Parameters:
  ///   - evaluation: one of this model's, finished.
  ///   - rows: at most ``rowLimit``, inside the states.
  func logits(of evaluation: any Evaluation, rows: Range<Int>) throws -> SharedFloats {
    let target = UnsafeMutableBufferPointer(
      rebasing: buffer[..<(rows.count * model.vocabularySize)])
    try evaluation.logits(of: rows, into: target)
    return SharedFloats(UnsafeBufferPointer(target))
  }
}

/// Bytes of logits that a measurement keeps of one model, whatever the text's length.
package func logitByteCount(vocabularySize: Int, positionsPerWindow: Int) -> Int {
  OutputHead.rowLimit(vocabularySize: vocabularySize, rows: positionsPerWindow) * vocabularySize
    * MemoryLayout<Float>.stride
}

extension Range<Int> {
  /// The range in pieces of at most `length`, in order.
  func pieces(of length: Int) -> [Range<Int>] {
    stride(from: lowerBound, to: upperBound, by: length).map {
      $0..<Swift.min($0 + length, upperBound)
    }
  }
}
