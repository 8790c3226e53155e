// SPDX-License-Identifier: Apache-2.0

/// How a worker's scratch is divided while it works on the rows of one tile.
struct TileScratch {
  /// What a part reads: a hidden state for each row.
  let input: UnsafeMutablePointer<Float>
  /// What a part gives, where a norm follows it.
  let output: UnsafeMutablePointer<Float>
  /// For what happens inside a part.
  let rest: UnsafeMutablePointer<Float>

  /// Numbers per row before `rest`, given the width of a hidden state.
  static func width(ofStates width: Int) -> Int { 2 * width }

  init(_ base: UnsafeMutablePointer<Float>, rows: Int, width: Int) {
    input = base
    output = base + rows * width
    rest = base + rows * Self.width(ofStates: width)
  }
}
