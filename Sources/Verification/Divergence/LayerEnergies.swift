// SPDX-License-Identifier: Apache-2.0

/// Compares the hidden states that two models have between their layers.
struct LayerEnergies {
  /// Energies by window, then by layer index.
  private(set) var energies: [[Energy]]
  private let threads: Int

  init(windowCount: Int, threads: Int) {
    energies = Array(repeating: [], count: windowCount)
    self.threads = threads
  }

  /// Compares the states of both models at the next place between the layers.
  ///
  /// - Parameters: `windows * positions * width` numbers each.
  mutating func compare(
    _ original: UnsafeBufferPointer<Float>, _ candidate: UnsafeBufferPointer<Float>
  ) {
    guard original.count == candidate.count, !energies.isEmpty else { return }
    let count = original.count / energies.count
    let (original, candidate) = (SharedFloats(original), SharedFloats(candidate))
    let sums = mapRows(energies.count, threads: threads) { window in
      energy(original.row(window, width: count), candidate.row(window, width: count))
    }
    for (window, sum) in sums.enumerated() { energies[window].append(sum) }
  }
}

/// Σ x² and Σ (x − y)² over two runs of equal length, summed in double in order.
private func energy(_ x: UnsafeBufferPointer<Float>, _ y: UnsafeBufferPointer<Float>) -> Energy {
  var sum = Energy()
  for index in 0..<min(x.count, y.count) {
    let value = Double(x[index])
    let error = value - Double(y[index])
    sum.signal += value * value
    sum.noise += error * error
  }
  return sum
}
