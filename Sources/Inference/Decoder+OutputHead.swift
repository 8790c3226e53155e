// SPDX-License-Identifier: Apache-2.0

extension Decoder {
  /// Makes logits of `rows` final hidden states.
  ///
  /// - Parameters:
  ///   - states: `rows * hiddenSize`.
  ///   - logits: receives `rows * vocabularySize`.
  func read(
    _ states: UnsafePointer<Float>, rows: Int, into logits: UnsafeMutablePointer<Float>
  ) {
    let head = architecture.head
    var x = states
    let narrow = head.reduction.map { reduction in
      let narrow = FloatBuffer(count: rows * reduction.outputSize)
      project(reduction, states, rows: rows, into: narrow.base, stride: reduction.outputSize)
      x = UnsafePointer(narrow.base)
      return narrow
    }
    withExtendedLifetime(narrow) {
      project(head.projection, x, rows: rows, into: logits, stride: vocabularySize)
    }
    if let cap = head.softCap {
      math.softCap(logits, count: rows * vocabularySize, scale: 1, cap: cap)
    }
  }
}
