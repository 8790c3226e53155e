// SPDX-License-Identifier: Apache-2.0

/// Where the rows of a checkpoint's tensor are in a runtime's file; a bias is rows of one number.
///
/// Related documentation: `formats/gguf.md`, "Rows in another order".
package enum RowOrder: Sendable, Equatable {
  case same
  /// Row i of the first half of a head at 2i, row i of the second at 2i + 1.
  case rotary(headSize: Int)
  /// From groups of queries, a key and a value to all queries, all keys, all values.
  case gathered(groups: Int, queriesPerGroup: Int, headSize: Int)

  /// The row in the file of the checkpoint's row `row`.
  package func stored(_ row: Int) -> Int {
    switch self {
    case .same: return row
    case .rotary(let size):
      let (head, place) = (row / size, row % size)
      let half = size / 2
      return head * size + (place < half ? 2 * place : 2 * (place - half) + 1)
    case .gathered(let groups, let queries, let size):
      let (head, place) = (row / size, row % size)
      let (group, member) = (head / (queries + 2), head % (queries + 2))
      let storedHead =
        switch member {
        case queries: groups * queries + group
        case queries + 1: groups * queries + groups + group
        default: group * queries + member
        }
      return storedHead * size + place
    }
  }

  /// The checkpoint's row of the file's row `row`: the inverse of ``stored(_:)``.
  package func original(_ row: Int) -> Int {
    switch self {
    case .same: return row
    case .rotary(let size):
      let (head, place) = (row / size, row % size)
      return head * size + (place % 2 == 0 ? place / 2 : place / 2 + size / 2)
    case .gathered(let groups, let queries, let size):
      let (head, place) = (row / size, row % size)
      let (group, member) =
        if head < groups * queries {
          (head / queries, head % queries)
        } else if head < groups * queries + groups {
          (head - groups * queries, queries)
        } else {
          (head - groups * queries - groups, queries + 1)
        }
      return (group * (queries + 2) + member) * size + place
    }
  }
}
