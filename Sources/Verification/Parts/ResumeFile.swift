// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

/// A file that holds the finished windows of a run, so that an interrupted one can go on.
///
/// It is replaced as a whole each time, so that an interruption leaves what was there before. It stays
/// when the run is finished: the same command then gives the result again without computing.
package final class ResumeFile<Window: MeasuredWindow> {
  /// Writing takes no more than about this part of the time.
  private static var share: Int { 20 }

  private let path: String
  private let clock = ContinuousClock()
  private var nextWrite: ContinuousClock.Instant
  private var isWritten = true
  /// What is finished.
  package private(set) var record: WindowRecord<Window>

  /// Opens the file of a run, or creates it.
  ///
  /// - Parameter record: the run and its part, without windows.
  /// - Throws: `FileError`, or ``PartError`` where the file belongs to another run.
  package init(path: String, for record: WindowRecord<Window>) throws {
    self.path = path
    self.record = record
    nextWrite = clock.now
    do {
      // First the layout alone, for another kind of windows has other keys.
      let layout = try ResultFile.decode(Layout.self, path: path, kind: .resume).layout
      guard layout == Window.layout else {
        throw PartError.otherLayout(path: path, found: layout, expected: Window.layout)
      }
      let found = try ResultFile.decode(WindowRecord<Window>.self, path: path, kind: .resume)
      try found.validate(path: path)
      if let aspect = found.run.difference(from: record.run) {
        throw PartError.differs(path: path, from: nil, in: aspect)
      }
      guard found.part == record.part else {
        throw PartError.otherPart(path: path, found: found.part, expected: record.part)
      }
      self.record = found
    } catch FileError.notFound {
      try write()
    }
  }

  private struct Layout: Decodable { var layout: String }

  /// Takes what is finished now, and writes it unless that was done a moment ago.
  ///
  /// - Throws: `FileError`.
  package func keep(_ finished: FinishedWindows<Window>) throws {
    record.add(finished)
    isWritten = false
    if clock.now >= nextWrite { try write() }
  }

  /// Writes what is not written yet.
  ///
  /// - Throws: `FileError`.
  package func flush() throws {
    if !isWritten { try write() }
  }

  private func write() throws {
    let start = clock.now
    let file = try AtomicFile(path: path, overwrite: true)
    _ = try file.append(try JSONEncoder().encode(record))
    try file.commit()
    isWritten = true
    nextWrite = clock.now + (clock.now - start) * Self.share
  }
}
