// SPDX-License-Identifier: Apache-2.0

import Inference

/// Windows of equal length that a model evaluates together.
///
/// More rows make better use of a matrix product; the size is bounded so that the states which are
/// kept of a batch do not grow with the text.
enum WindowBatches {
  /// States of one batch stay below this, unless one window alone has more.
  static let byteLimit = 128 << 20
  /// Beyond this the matrix products gain nothing.
  static let windowLimit = 8

  /// - Parameter statesPerPosition: how many vectors of the model's hidden size are kept.
  static func cut(
    _ windows: [Window], for model: any LanguageModel, statesPerPosition: Int
  ) -> [[Window]] {
    guard let length = windows.first?.tokens.count else { return [] }
    let windowBytes = length * model.hiddenSize * statesPerPosition * MemoryLayout<Float>.stride
    let size = max(1, min(windowLimit, byteLimit / max(1, windowBytes)))
    return (0..<windows.count).pieces(of: size).map { Array(windows[$0]) }
  }
}
