// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Synchronization
import Tensors

/// One safetensors file of a ``SafetensorsSink``.
///
/// It is opened at the first byte and closed after the last. Arrays that are made while others are
/// written, and whose size is not known before, come last in the file; so the others have their places
/// from the beginning, and the header, for which room is left, is written in the end.
final class SafetensorsShard: Sendable {
  private struct State {
    var file: AtomicFile?
    var isFinished = false
    /// Bytes of components that are still to come.
    var missing: Int
    var made: [String: [UInt8]] = [:]
    var byteCount = 0
  }

  let name: String
  private let path: String
  private let open: @Sendable () throws -> AtomicFile
  private let metadata: [String: String]
  private let declarations: [TensorDeclaration]
  private let last: [SafetensorsArray]
  private let known: [SafetensorsArray]
  private let ranges: [String: Range<Int>]
  private let reservedByteCount: Int
  private let state: Mutex<State>

  /// Lays the file out.
  ///
  /// - Parameters:
  ///   - path: the file's, for errors.
  ///   - open: creates the file.
  /// - Throws: ``CheckpointError`` where an array can't be written.
  init(
    name: String, arrays: [SafetensorsArray], metadata: [String: String], path: String,
    open: @escaping @Sendable () throws -> AtomicFile
  ) throws {
    self.name = name
    self.path = path
    self.open = open
    self.metadata = metadata
    last = arrays.filter(\.isMade)
    known = arrays.filter { $0.isKnown }
    declarations = arrays.filter { !$0.isMade }.map {
      TensorDeclaration(name: $0.name, elementType: $0.elementType, shape: $0.shape)
    }
    let layout = try SafetensorsLayout(
      of: declarations,
      last: last.map {
        TensorDeclaration(name: $0.name, elementType: .u8, shape: [$0.byteCount])
      }, metadata: metadata, file: path)
    reservedByteCount = layout.header.count
    ranges = Dictionary(uniqueKeysWithValues: layout.tensors.map { ($0.name, $0.byteRange) })
    state = Mutex(
      State(
        missing: arrays.reduce(0) { sum, array in
          array.isKnown || array.isMade ? sum : sum + array.byteCount
        }))
  }

  /// The file's size, once it is complete.
  var byteCount: Int { state.withLock { $0.byteCount } }

  /// The bytes of all arrays, once the file is complete.
  var arrayByteCount: Int { state.withLock { $0.byteCount - reservedByteCount } }

  /// Writes some bytes of a component's array.
  ///
  /// - Throws: ``FileError``, or ``RuntimeError/misplaced(file:array:problem:)``.
  func write(_ bytes: UnsafeRawBufferPointer, to array: String, at offset: Int) throws {
    guard let range = ranges[array], bytes.count <= range.count - offset else {
      throw RuntimeError.misplaced(
        file: path, array: array, problem: "no room for \(bytes.count) bytes at \(offset)")
    }
    try opened().write(bytes, at: range.lowerBound + offset)
    let isComplete = state.withLock { state in
      state.missing -= bytes.count
      return state.missing == 0 && state.made.count == last.count
    }
    if isComplete { try finish() }
  }

  /// Makes an array out of the component that it depends on.
  ///
  /// - Throws: ``FileError``, or ``RuntimeError/misplaced(file:array:problem:)``.
  func make(_ array: String, from bytes: [UInt8]) throws {
    guard let found = last.first(where: { $0.name == array }),
      case .made(_, let maximum, let make) = found.content
    else { throw RuntimeError.misplaced(file: path, array: array, problem: "it is not made") }
    let contents = make(bytes)
    guard contents.count <= maximum else {
      throw RuntimeError.misplaced(
        file: path, array: array, problem: "\(contents.count) bytes, more than \(maximum)")
    }
    let isComplete = state.withLock { state in
      state.made[array] = contents
      return state.missing == 0 && state.made.count == last.count
    }
    if isComplete { try finish() }
  }

  /// Completes the file, if it is not complete already.
  ///
  /// - Throws: ``CheckpointError``, ``FileError``, or ``RuntimeError/misplaced(file:array:problem:)``.
  func finish() throws {
    let (isFinished, missing, made) = state.withLock { ($0.isFinished, $0.missing, $0.made) }
    if isFinished { return }
    let file = try opened()
    guard missing == 0, made.count == last.count else {
      throw RuntimeError.misplaced(
        file: path, array: "", problem: "\(missing) bytes of its arrays were not written")
    }
    let layout = try SafetensorsLayout(
      of: declarations,
      last: last.map {
        TensorDeclaration(name: $0.name, elementType: .u8, shape: [made[$0.name]?.count ?? 0])
      }, headerByteCount: reservedByteCount, metadata: metadata, file: path)
    for tensor in layout.tensors {
      try made[tensor.name]?.withUnsafeBytes {
        try file.write($0, at: tensor.byteRange.lowerBound)
      }
    }
    try layout.header.withUnsafeBytes { try file.write($0, at: 0) }
    try file.commit()
    state.withLock { state in
      state.isFinished = true
      state.byteCount = layout.byteCount
      state.file = nil
      state.made = [:]
    }
  }

  func abandon() {
    state.withLock { state in
      state.file?.abandon()
      state.file = nil
    }
  }

  /// The file, created and with the arrays that are known when it is first asked for.
  private func opened() throws -> AtomicFile {
    let result: Result<AtomicFile, any Error> = state.withLock { state in
      Result {
        if let file = state.file { return file }
        let file = try open()
        for array in known {
          guard let bytes = array.knownBytes, let range = ranges[array.name] else { continue }
          try bytes.withUnsafeBytes { try file.write($0, at: range.lowerBound) }
        }
        state.file = file
        return file
      }
    }
    return try result.get()
  }
}
