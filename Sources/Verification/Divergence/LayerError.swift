// SPDX-License-Identifier: Apache-2.0

/// How far the hidden state has strayed at one place between the layers.
package struct LayerError: Sendable, Equatable {
  /// 0 is what enters the first layer; k is what leaves layer k − 1.
  package var index: Int
  /// 10 log₁₀(Σ‖original‖² / Σ‖original − candidate‖²) over all positions of all windows; nil (JSON
  /// `null`) where the states are equal, as JSON has no infinity.
  package var sqnr: Double?

  /// One entry per place; empty unless every window has the same places.
  static func all(_ windows: [WindowComparison]) -> [LayerError] {
    let count = windows.first?.layers.count ?? 0
    guard windows.allSatisfy({ $0.layers.count == count }) else { return [] }
    return (0..<count).map { index in
      let sum = windows.reduce(Energy()) { $0 + $1.layers[index] }
      return LayerError(index: index, sqnr: sum.sqnr)
    }
  }
}

extension LayerError: Codable {
  enum CodingKeys: String, CodingKey {
    case index
    case sqnr = "sqnr_db"
  }

  package func encode(to encoder: any Encoder) throws {
    var keys = encoder.container(keyedBy: CodingKeys.self)
    try keys.encode(index, forKey: .index)
    try keys.encode(sqnr, forKey: .sqnr)
  }
}
