// SPDX-License-Identifier: Apache-2.0

/// Rows of a checkpoint's tensor that follow each other in a variable; a bias is rows of one number.
struct CTranslate2Run: Sendable, Equatable {
  /// Rows of the tensor.
  var rows: Range<Int>
  /// The module of the variable, without `decoder/`.
  var variable: String
  /// The first row there.
  var start: Int
}

extension CTranslate2Module {
  /// Where the rows of one of the module's tensors are.
  ///
  /// - Parameter count: the tensor's rows, in the variable's order of rows and columns.
  /// - Returns: nil where the tensor can't have so many.
  func runs(of count: Int, in decoder: CTranslate2Decoder) -> [CTranslate2Run]? {
    let (queries, keys) = (decoder.querySize, decoder.keySize)
    func whole(from start: Int, expected: Int) -> [CTranslate2Run]? {
      count == expected
        ? [CTranslate2Run(rows: 0..<count, variable: variable, start: start)] : nil
    }
    switch rows {
    case .all: return whole(from: 0, expected: count)
    case .queries: return whole(from: 0, expected: queries)
    case .keys: return whole(from: queries, expected: keys)
    case .values: return whole(from: queries + keys, expected: keys)
    case .halves(let second):
      guard count % 2 == 0 else { return nil }
      return [
        CTranslate2Run(rows: 0..<count / 2, variable: variable, start: 0),
        CTranslate2Run(rows: count / 2..<count, variable: second, start: 0),
      ]
    case .skipping(let skipped):
      guard count >= skipped else { return nil }
      return [CTranslate2Run(rows: skipped..<count, variable: variable, start: 0)]
    case .gathered:
      guard count == queries + 2 * keys else { return nil }
      return gatheredRuns(in: decoder)
    }
  }

  private func gatheredRuns(in decoder: CTranslate2Decoder) -> [CTranslate2Run] {
    let (queries, keys) = (decoder.querySize, decoder.keySize)
    let size = decoder.headSize
    let perGroup = queries / decoder.keyValueHeadCount
    var runs: [CTranslate2Run] = []
    for group in 0..<decoder.keyValueHeadCount {
      var row = group * (perGroup + 2 * size)
      func take(_ count: Int, start: Int) {
        runs.append(CTranslate2Run(rows: row..<row + count, variable: variable, start: start))
        row += count
      }
      take(perGroup, start: group * perGroup)
      take(size, start: queries + group * size)
      take(size, start: queries + keys + group * size)
    }
    return runs
  }

  /// The rows that the variables of the module have together, where the settings say it.
  func rowCount(in decoder: CTranslate2Decoder) -> Int? {
    switch rows {
    case .queries, .keys, .values, .gathered: decoder.querySize + 2 * decoder.keySize
    default: nil
    }
  }
}
