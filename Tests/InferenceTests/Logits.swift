// SPDX-License-Identifier: Apache-2.0

@testable import Inference

extension LanguageModel {
  /// The logits of every position of one window.
  func logits(ofWindow ids: [Int32]) throws -> [Float] {
    let evaluation = try finishedEvaluation(of: [ids])
    var logits = [Float](repeating: .nan, count: ids.count * vocabularySize)
    try logits.withUnsafeMutableBufferPointer {
      try evaluation.logits(of: 0..<ids.count, into: $0)
    }
    return logits
  }
}

/// ‖a − b‖ / ‖b‖, NaN where either holds one.
func relativeError(_ a: some Sequence<Float>, _ b: some Sequence<Float>) -> Double {
  var difference = 0.0
  var norm = 0.0
  for (x, y) in zip(a, b) {
    difference += (Double(x) - Double(y)) * (Double(x) - Double(y))
    norm += Double(y) * Double(y)
  }
  return (difference / norm).squareRoot()
}
