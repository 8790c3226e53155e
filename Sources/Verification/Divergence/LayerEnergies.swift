// SPDX-License-Identifier: Apache-2.0

/// Compares the hidden states that two models have between their layers.
///
/// The original's states of one batch are kept until the candidate's come by.
struct LayerEnergies {
  /// Original states by layer index: `windows * positions * width` numbers each.
  private var original: [[Float]] = []
  /// Energies by window of the batch, then by layer index.
  private(set) var energies: [[Energy]]
  let threads: Int

  /// - Parameter windowCount: how many windows the batch has.
  init(windowCount: Int, threads: Int) {
    energies = Array(repeating: [], count: windowCount)
    self.threads = threads
  }

  /// Keeps the original's next states.
  mutating func keep(_ states: UnsafeBufferPointer<Float>) { original.append(Array(states)) }

  /// Compares the candidate's states with the original's, and lets those go.
  mutating func compare(_ index: Int, _ states: UnsafeBufferPointer<Float>) {
    guard index < original.count, original[index].count == states.count else { return }
    let count = states.count / energies.count
    let candidate = SharedFloats(states)
    let sums = original[index].withUnsafeBufferPointer { buffer in
      let original = SharedFloats(buffer)
      return mapRows(energies.count, threads: threads) { window in
        energy(original.row(window, width: count), candidate.row(window, width: count))
      }
    }
    for (window, sum) in sums.enumerated() { energies[window].append(sum) }
    original[index] = []
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
