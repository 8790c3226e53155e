// SPDX-License-Identifier: Apache-2.0

import Inference

/// Windows of equal length that models evaluate together.
///
/// More rows make better use of a matrix product; the size is bounded so that the states which are
/// kept do not grow with the text. Models that read their weights for each evaluation say how many
/// windows that should be for.
enum WindowBatches {
  /// States of one batch stay below this, unless one window alone has more.
  static let byteLimit = 128 << 20
  /// Beyond this the matrix products gain nothing.
  static let windowLimit = 8
  /// Vectors of hidden size that a layer keeps per position beside the states, about.
  private static let vectorsPerPosition = 4

  static func cut(_ windows: [Window], for models: [any LanguageModel]) -> [[Window]] {
    guard let length = windows.first?.tokens.count else { return [] }
    let size = models.compactMap(\.windowsPerEvaluation).min() ?? resident(models, length)
    return (0..<windows.count).pieces(of: max(1, size)).map { Array(windows[$0]) }
  }

  private static func resident(_ models: [any LanguageModel], _ length: Int) -> Int {
    let width = models.reduce(0) { $0 + $1.hiddenSize } * vectorsPerPosition
    return min(windowLimit, byteLimit / max(1, length * width * MemoryLayout<Float>.stride))
  }
}
