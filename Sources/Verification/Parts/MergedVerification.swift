// SPDX-License-Identifier: Apache-2.0

import Tensors

/// A verification put together from parts that were measured at different times or places.
///
/// It equals the undivided one exactly, except for the seconds, which add up.
package struct MergedVerification: Sendable {
  package var verification: Verification
  package var provenance: Provenance
  private var words: [[Int32]: String]

  /// Reads parts and puts them together.
  ///
  /// - Parameters:
  ///   - paths: files that hold what `verify --part` printed, in any order.
  ///   - limits: what is allowed; nil takes the parts' own limits, which must then be the same.
  /// - Throws: `FileError`, ``PartError``.
  package init(_ paths: [String], limits: LimitSet? = nil) throws {
    try self.init(
      paths.map { ($0, try ResultFile.decode(VerificationPart.self, path: $0, kind: .part)) },
      limits: limits)
  }

  /// - Parameter parts: with the names of their files.
  init(_ parts: [(path: String, part: VerificationPart)], limits: LimitSet?) throws(PartError) {
    guard let first = parts.first else { throw .missingParts([1], count: 1) }
    var places: [Int: String] = [:]
    for (path, part) in parts {
      let record = part.record
      try record.validate(path: path)
      if let aspect = record.run.difference(from: first.part.record.run) {
        throw .differs(path: path, from: first.path, in: aspect)
      }
      let expected = WindowPart(index: record.part.index, count: first.part.record.part.count)
      guard record.part == expected else {
        throw .otherPart(path: path, found: record.part, expected: expected)
      }
      if let other = places.updateValue(path, forKey: record.part.index) {
        throw .duplicatePart(index: record.part.index, path: path, other: other)
      }
      guard record.missing.isEmpty else {
        throw .unfinished(path: path, missing: record.missing.count)
      }
      if limits == nil, part.limits != first.part.limits {
        throw .differs(path: path, from: first.path, in: .limits)
      }
      try Self.checkLimits(part.limits, path: path)
    }
    let count = first.part.record.part.count
    // Counting stops early, for the number of parts is what a file says.
    let missing = (1...count).lazy.filter { places[$0] == nil }
    guard places.count == count else {
      throw .missingParts(Array(missing.prefix(count - places.count)), count: count)
    }

    var whole = WindowRecord<WindowComparison>(run: first.part.record.run)
    let ordered = parts.map(\.part).sorted { $0.record.part.index < $1.record.part.index }
    whole.windows = ordered.flatMap(\.record.windows)
    whole.seconds = (0..<2).map { side in
      ordered.reduce(0) { $0 + FinishedWindows($1.record).seconds(of: side) }
    }
    verification = Verification(whole, limits: limits ?? first.part.limits)
    guard verification.isFinite else {
      throw .impossibleValue(path: first.path, key: "nllDifference", window: nil)
    }
    provenance = Provenance(whole.run)
    words = Dictionary(
      ordered.flatMap(\.words).map { ($0.ids, $0.text) }, uniquingKeysWith: { first, _ in first })
  }

  private static func checkLimits(_ limits: LimitSet, path: String) throws(PartError) {
    for limit in [limits.perplexity, limits.divergence].compactMap({ $0 })
    where !(limit.isFinite && limit >= 0) {
      throw .impossibleValue(path: path, key: "limits", window: nil)
    }
  }

  /// Ids in words, where one of the parts has them.
  package func decode(_ ids: [Int32]) -> String {
    words[ids] ?? ids.map(String.init).joined(separator: " ")
  }
}

extension Verification {
  /// True where JSON has the perplexities; each is the exponential of a sum that a file may have.
  fileprivate var isFinite: Bool {
    (original.perplexity + candidate.perplexity + perplexityRatio).isFinite
  }
}

extension Provenance {
  /// What a divided run was made from.
  init(_ run: MeasuredRun) {
    self.init(
      original: run.model.subject, candidate: (run.candidate ?? run.model).subject,
      text: run.text.path, tool: run.tool)
  }
}
