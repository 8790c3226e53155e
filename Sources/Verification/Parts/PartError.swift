// SPDX-License-Identifier: Apache-2.0

import Tensors

/// Why windows can't be put together, or a run can't go on.
package enum PartError: Error, Equatable {
  /// A result file must be small enough to be read at once.
  case tooLarge(path: String, byteCount: Int, limit: Int)
  /// A result file is strict JSON.
  case notJSON(path: String, problem: String, expected: ResultKind)
  /// It must hold what merging needs, under the right keys.
  case notAResult(path: String, key: String?, expected: ResultKind)
  /// Its windows must be of the kind that is asked for, in a layout that this version knows.
  case otherLayout(path: String, found: String, expected: String)
  /// Every value must be one that a measurement can give.
  case impossibleValue(path: String, key: String, window: Int?)
  /// All parts must come from one run, and a resumed run must be the same.
  case differs(path: String, from: String?, in: MeasuredRun.Aspect)
  /// Every part must be there once.
  case duplicatePart(index: Int, path: String, other: String)
  /// Every part must be there.
  case missingParts([Int], count: Int)
  /// Every part must have all its windows.
  case unfinished(path: String, missing: Int)
  /// Every part must have a window.
  case tooManyParts(count: Int, windows: Int)
  /// A resumed run must be the same share of the windows.
  case otherPart(path: String, found: WindowPart, expected: WindowPart)
}

/// What a file of windows is for.
package enum ResultKind: Sendable {
  case part, resume

  fileprivate var remedy: String {
    switch self {
    case .part: "pass what `halftone verify --part I/N --json` printed"
    case .resume: "name another file, or remove this one to begin anew"
    }
  }
}

extension PartError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .tooLarge(let path, let byteCount, let limit):
      "\(path): \(byteCount) bytes are more than the \(limit) that are read; "
        + "name another file"
    case .notJSON(let path, let problem, let expected):
      "\(path): \(problem); \(expected.remedy)"
    case .notAResult(let path, let key, let expected):
      "\(path): "
        + (key.map { "key \($0.quoted) is missing or of another type" } ?? "holds no windows")
        + "; \(expected.remedy)"
    case .otherLayout(let path, let found, let expected):
      "\(path): holds \(found.quoted), not \(expected.quoted); "
        + "name another file, or use the version of halftone that wrote it"
    case .impossibleValue(let path, let key, let window):
      "\(path): \(window.map { "window \($0): " } ?? "")'\(key)' has a value that no measurement gives; "
        + "measure this part again"
    case .differs(let path, let other?, let aspect):
      "\(path): differs from \(other) in the \(aspect.rawValue); \(Self.remedy(aspect, resuming: false))"
    case .differs(let path, nil, let aspect):
      "\(path): belongs to another run, which differs in the \(aspect.rawValue); "
        + Self.remedy(aspect, resuming: true)
    case .duplicatePart(let index, let path, let other):
      "\(path): is part \(index), as \(other) is; pass each part once"
    case .missingParts(let parts, let count):
      "\(parts.count == 1 ? "part" : "parts") "
        + parts.prefix(8).map(String.init).joined(separator: ", ")
        + (parts.count > 8 ? " and \(parts.count - 8) more" : "")
        + " of \(count) \(parts.count == 1 ? "is" : "are") missing; pass all parts of the run"
    case .unfinished(let path, let missing):
      "\(path): \(counted(missing, "window")) of this part \(missing == 1 ? "is" : "are") missing; "
        + "measure it again"
    case .tooManyParts(let count, let windows):
      "\(counted(windows, "window")) can't be divided into \(count) parts; "
        + "pass --part I/\(windows) or a longer text"
    case .otherPart(let path, let found, let expected):
      "\(path): belongs to part \(found.index)/\(found.count), not \(expected.index)/\(expected.count); "
        + "name another file for this part"
    }
  }

  private static func remedy(_ aspect: MeasuredRun.Aspect, resuming: Bool) -> String {
    if aspect == .limits { return "pass --limit-ppl or --limit-kl to merge" }
    return resuming
      ? "name another file, or repeat the command that made this one"
      : "merge parts of one run only"
  }
}
