// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

/// What a measurement keeps of one window.
package protocol MeasuredWindow: Sendable, Codable {
  /// What a file of such windows calls itself, with the version of its layout.
  static var layout: String { get }
  /// The window's place in the text.
  var index: Int { get }
  /// The key whose value can't be, or nil where all can.
  func problem(in run: MeasuredRun) -> String?
}

/// Windows that are finished, and what they belong to: enough to go on with a run or to put one
/// together.
package struct WindowRecord<Window: MeasuredWindow>: Sendable, Codable {
  package var layout: String
  package var run: MeasuredRun
  package var part: WindowPart
  /// Seconds of wall time, of each side.
  package var seconds: [Double]
  package var windows: [Window]

  package init(run: MeasuredRun, part: WindowPart = .whole) {
    layout = Window.layout
    self.run = run
    self.part = part
    seconds = []
    windows = []
  }

  /// The places of windows that the part has and the record has not.
  package var missing: [Int] {
    let done = Set(windows.map(\.index))
    return part.windows(of: run.windowCount).filter { !done.contains($0) }
  }

  /// Checks everything that a file could say wrongly.
  ///
  /// - Throws: ``PartError``.
  func validate(path: String) throws(PartError) {
    guard layout == Window.layout else {
      throw .otherLayout(path: path, found: layout, expected: Window.layout)
    }
    func require(_ holds: Bool, _ key: String, window: Int? = nil) throws(PartError) {
      guard holds else { throw .impossibleValue(path: path, key: key, window: window) }
    }
    try require((1...Self.countLimit).contains(run.windowCount), "run.windows")
    try require((2...Self.countLimit).contains(run.context), "run.context")
    try require((1...run.windowCount).contains(part.count), "part.count")
    try require((1...part.count).contains(part.index), "part.index")
    try require(
      seconds.count <= 2 && seconds.allSatisfy { $0.isFinite && $0 >= 0 }, "seconds")
    let own = part.windows(of: run.windowCount)
    var seen: Set<Int> = []
    for window in windows {
      try require(
        own.contains(window.index) && seen.insert(window.index).inserted, "index",
        window: window.index)
      if let key = window.problem(in: run) {
        throw .impossibleValue(path: path, key: key, window: window.index)
      }
    }
  }

  /// Beyond what anybody measures, and far from where products overflow.
  private static var countLimit: Int { 1 << 31 }
}

/// Reads results that a file holds, as strictly as any other input.
enum ResultFile {
  /// Windows take about 10 kB each; this is more than a hundred thousand.
  static let byteLimit = 2 << 30

  /// - Throws: `FileError`, ``PartError``.
  static func decode<Document: Decodable>(
    _ type: Document.Type, path: String, kind: ResultKind
  ) throws -> Document {
    let file = try MappedFile(path: path)
    guard file.byteCount <= byteLimit else {
      throw PartError.tooLarge(path: path, byteCount: file.byteCount, limit: byteLimit)
    }
    return try file.withBytes { bytes in
      do { try JSONScan.validate(bytes) } catch {
        throw PartError.notJSON(path: path, problem: "\(error)", expected: kind)
      }
      do { return try JSONDecoder().decode(type, from: Data(bytes)) } catch {
        throw PartError.notAResult(path: path, key: (error as? DecodingError)?.key, expected: kind)
      }
    }
  }
}

extension DecodingError {
  /// The key that is missing or has a value of another type.
  fileprivate var key: String? {
    let path: [any CodingKey]
    switch self {
    case .keyNotFound(let key, let context): path = context.codingPath + [key]
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .dataCorrupted(let context):
      path = context.codingPath
    @unknown default: return nil
    }
    return path.isEmpty ? nil : path.map(\.stringValue).joined(separator: ".")
  }
}
