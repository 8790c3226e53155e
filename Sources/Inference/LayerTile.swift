// SPDX-License-Identifier: Apache-2.0

/// Some rows of hidden states, and how a worker's scratch is divided while it works on them.
struct LayerTile {
  /// Counted through the whole batch.
  let rows: Range<Int>
  /// The rows' hidden states.
  let states: UnsafeMutablePointer<Float>
  /// What a part reads: a hidden state for each row.
  let input: UnsafeMutablePointer<Float>
  /// What a part gives, where a norm follows it or it is rounded before it is added.
  let output: UnsafeMutablePointer<Float>
  /// For what happens inside a part.
  let inside: UnsafeMutablePointer<Float>

  /// Numbers of scratch per row.
  static func scratchWidth(ofStates width: Int, inside: Int) -> Int { 2 * width + inside }

  /// - Parameters:
  ///   - states: those of the whole batch.
  ///   - width: numbers per hidden state.
  ///   - scratch: ``scratchWidth(ofStates:inside:)`` numbers for each row.
  init(
    rows: Range<Int>, of states: UnsafeMutablePointer<Float>, width: Int,
    scratch: UnsafeMutablePointer<Float>
  ) {
    self.rows = rows
    self.states = states + rows.lowerBound * width
    input = scratch
    output = scratch + rows.count * width
    inside = scratch + 2 * rows.count * width
  }
}
