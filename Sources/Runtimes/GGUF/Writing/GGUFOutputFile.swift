// SPDX-License-Identifier: Apache-2.0

import Tensors

/// One file of a GGUF model that is written: all of it, or one of several.
final class GGUFOutputFile: Sendable {
  let header: GGUFHeader
  private let file: AtomicFile

  var path: String { file.path }

  /// Creates the file, hidden until it is complete, and writes what stands before its tensors.
  ///
  /// - Throws: ``FileError``, also where something is there that may not be replaced.
  init(path: String, header: GGUFHeader, overwrite: Bool) throws {
    self.header = header
    file = try AtomicFile(path: path, overwrite: overwrite)
    try write(header.bytes, at: 0)
  }

  /// Writes some bytes of the tensor at a position in the header.
  ///
  /// - Throws: ``FileError``, or ``RuntimeError/misplaced(file:array:problem:)``.
  func write(_ bytes: UnsafeRawBufferPointer, toTensor index: Int, at offset: Int) throws {
    let range = header.ranges[index]
    guard offset >= 0, bytes.count <= range.count - offset else {
      throw RuntimeError.misplaced(
        file: path, array: "\(index)", problem: "no room for \(bytes.count) bytes at \(offset)")
    }
    try file.write(bytes, at: range.lowerBound + offset)
  }

  /// Writes the padding behind the last tensor, and gives the file its name.
  ///
  /// - Throws: ``FileError``.
  func commit() throws {
    let end = header.ranges.last?.upperBound ?? header.byteCount
    try write([UInt8](repeating: 0, count: header.byteCount - end), at: end)
    try file.commit()
  }

  func abandon() { file.abandon() }

  private func write(_ bytes: [UInt8], at offset: Int) throws {
    try bytes.withUnsafeBytes { try file.write($0, at: offset) }
  }
}
