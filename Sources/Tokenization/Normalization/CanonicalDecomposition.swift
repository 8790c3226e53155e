// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Canonical and compatibility decomposition (UAX #15, D68 and D65) of any text in linear time, but for
/// the sorting of its marks.
///
/// Foundation sorts a run of marks in time that grows with the square of its length, so that it gets
/// no long ones.
enum CanonicalDecomposition {
  /// How many marks in a row it is given at most.
  private static let runLimit = 32

  static func decompose(_ text: String, compatibly: Bool) -> String {
    let scalars = text.unicodeScalars
    var cuts: [String.Index] = []
    var run = 0
    for index in scalars.indices {
      run = scalars[index].isOrdered ? run + 1 : 0
      if run > 0, run.isMultiple(of: runLimit) { cuts.append(index) }
    }
    if cuts.isEmpty { return form(of: text, compatibly: compatibly) }
    var result: [Unicode.Scalar] = []
    var start = scalars.startIndex
    for end in cuts + [scalars.endIndex] {
      let part = form(of: String(scalars[start..<end]), compatibly: compatibly)
      result.append(contentsOf: part.unicodeScalars)
      start = end
    }
    sortRuns(of: &result)
    return String(String.UnicodeScalarView(result))
  }

  /// Foundation leaves marks that come out of a compatibility mapping unsorted among those after
  /// them; the canonical form sorts.
  private static func form(of text: String, compatibly: Bool) -> String {
    compatibly
      ? text.decomposedStringWithCompatibilityMapping.decomposedStringWithCanonicalMapping
      : text.decomposedStringWithCanonicalMapping
  }

  /// Sorts each run of marks by class; those of one class keep their order.
  private static func sortRuns(of scalars: inout [Unicode.Scalar]) {
    var start = 0
    while start < scalars.count {
      guard scalars[start].isOrdered else {
        start += 1
        continue
      }
      let end = scalars[start...].firstIndex { !$0.isOrdered } ?? scalars.count
      let classes = scalars[start..<end].enumerated().map {
        ($1.properties.canonicalCombiningClass.rawValue, $0, $1)
      }
      let sorted = classes.sorted { ($0.0, $0.1) < ($1.0, $1.1) }
      scalars.replaceSubrange(start..<end, with: sorted.map(\.2))
      start = end
    }
  }
}

extension Unicode.Scalar {
  /// Whether its place among its neighbours is a matter of normalization.
  fileprivate var isOrdered: Bool {
    value >= 0x300 && properties.canonicalCombiningClass != .notReordered
  }
}
