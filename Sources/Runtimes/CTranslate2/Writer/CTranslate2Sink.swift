// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantization
import Synchronization
import Tensors

/// Stage 3, WRITE: a folder with `model.bin` and the files beside it.
///
/// All variables have their places before the first byte comes, so the rows of a tensor are written where
/// they belong: fused, split or in another order, codes with their scales, and nothing is gathered in
/// memory.
package final class CTranslate2Sink: TensorSink {
  /// There is nothing to code.
  package final class Coder: Sendable {}

  package struct Frame {
    let component: Int
    let index: Int
    let bytes: UnsafeRawBufferPointer
  }

  private struct State {
    var places: [CTranslate2Layout.Place?] = []
    var missing = 0
  }

  private let checkpoint: CTranslate2Checkpoint
  private let directory: AtomicDirectory
  private let file: AtomicFile
  private let state = Mutex(State())

  /// Creates the folder, hidden until it is complete, and writes the files beside the variables.
  ///
  /// - Throws: ``FileError``.
  init(
    path: String, checkpoint: CTranslate2Checkpoint, files: [Asset], overwrite: Bool
  ) throws {
    self.checkpoint = checkpoint
    directory = try AtomicDirectory(path: path, overwrite: overwrite)
    file = try directory.file(named: CTranslate2.binaryName)
    for asset in files {
      let file = try directory.file(named: asset.name)
      try file.append(asset.contents)
      try file.commit()
    }
  }

  package var recordsSources: Bool { false }

  package func makeCoder() -> Coder { Coder() }

  package func declare(_ records: [TensorRecord]) throws -> [[Int]] {
    let layout = try CTranslate2Layout(records, of: checkpoint)
    for piece in layout.fixed {
      try piece.bytes.withUnsafeBytes { try file.write($0, at: piece.offset) }
    }
    var numbers: [[Int]] = []
    var next = 0
    for places in layout.places {
      numbers.append(Array(next..<next + places.count))
      next += places.count
    }
    state.withLock {
      $0 = State(places: Array(layout.places.joined()), missing: layout.tensorByteCount)
    }
    return numbers
  }

  package func prepare(
    _ bytes: UnsafeRawBufferPointer, of component: Int, index: Int, coder: Coder
  ) throws -> Frame { Frame(component: component, index: index, bytes: bytes) }

  /// Every byte has its place from the beginning.
  package func place(_ frame: Frame) -> Frame { frame }

  package func write(_ frame: Frame) throws {
    try write(frame.bytes, to: frame.component) { $0.frameByteCount * frame.index }
  }

  package func writeAll(
    _ bytes: UnsafeRawBufferPointer, to component: Int, coder: Coder
  ) throws {
    try write(bytes, to: component) { _ in 0 }
  }

  /// Writes some bytes of a component, run by run.
  private func write(
    _ bytes: UnsafeRawBufferPointer, to component: Int,
    from start: (CTranslate2Layout.Place) -> Int
  ) throws {
    guard let place = state.withLock({ $0.places[component] }), place.rowByteCount > 0 else {
      return
    }
    let first = start(place)
    var written = 0
    for (rows, offset) in place.runs(around: first / place.rowByteCount) {
      let run = rows.lowerBound * place.rowByteCount..<rows.upperBound * place.rowByteCount
      guard run.lowerBound < first + bytes.count else { break }
      let wanted = run.clamped(to: first..<first + bytes.count)
      guard !wanted.isEmpty else { continue }
      let part = bytes[wanted.lowerBound - first..<wanted.upperBound - first]
      try file.write(
        UnsafeRawBufferPointer(rebasing: part), at: offset + wanted.lowerBound - run.lowerBound)
      written += wanted.count
    }
    state.withLock { $0.missing -= written }
  }

  package func finish(_ tensors: [WrittenTensor], record: ConversionRecord) throws -> Int {
    let missing = state.withLock { $0.missing }
    guard missing == 0 else {
      throw RuntimeError.misplaced(
        file: file.path, array: "", problem: "\(missing) bytes of its variables were not written")
    }
    let byteCount = file.byteCount
    try file.commit()
    try directory.commit()
    return byteCount
  }

  package func cancel() {}

  package func abandon() {
    file.abandon()
    directory.abandon()
  }
}

extension CTranslate2Layout.Place {
  /// The runs from the one on that holds a row; they are in the order of rows.
  fileprivate func runs(around row: Int) -> ArraySlice<(rows: Range<Int>, offset: Int)> {
    var (low, high) = (0, runs.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if runs[middle].rows.lowerBound <= row { low = middle } else { high = middle }
    }
    return runs[low...]
  }
}
