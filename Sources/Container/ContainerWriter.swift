// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantization
import Tensors

/// Stage 3, WRITE: one `.tone` file, in one pass. `formats/tone.md` says what the bytes are.
///
/// Components are declared first; then their frames come in three steps, so that many threads can work
/// and the bytes still do not depend on how they are scheduled: ``prepare(_:of:index:coder:)``
/// (anywhere, any order), ``place(_:)`` (one after the other, in an order that the caller fixes), and
/// ``write(_:)`` (anywhere). A component's first frame decides whether it is compressed.
package final class ContainerWriter: @unchecked Sendable {
  /// How much work compression may be.
  package enum Compression: Sendable, Equatable {
    /// Everything is stored as it is.
    case none
    /// Each component that becomes at least 3 % smaller is compressed, fast enough not to hold up
    /// reading: Huffman codes for numbers, zstd's level 9 for assets.
    case auto
    /// The same, but zstd's level (1 to 19) for codes and assets.
    case level(Int)
  }

  /// The role of a component that is a file travelling with the model.
  package static let assetRole = "asset"

  /// A frame on its way into the file.
  package struct PreparedFrame {
    let component: Int
    let index: Int
    /// Valid until the coder that made it is used again.
    let bytes: UnsafeRawBufferPointer
    let checksum: UInt32
    fileprivate(set) var offset = 0
  }

  private struct ComponentState {
    var entry: Directory.Component
    var coding: [FrameCoding]?
    var frames: [FrameEntry?]
    var regionOffset: Int?

    /// The length of the component before coding.
    var byteCount: Int {
      let bits = ElementType(rawValue: entry.type)?.bitWidth ?? 8
      return entry.shape.reduce(1, *) * bits / 8
    }
  }

  private struct Constant: Hashable {
    let type: ElementType
    let shape: [Int]
    let bytes: [UInt8]
  }

  private let file: AtomicFile
  private let compression: Compression
  private let lock = NSCondition()
  private var components: [ComponentState] = []
  private var constants: [Constant: Int] = [:]
  private var end = ToneFormat.headerByteCount
  private var failed = false
  let part: Directory.Part
  /// The files that travel with the model, as far as they are written.
  var assets: [Directory.AssetEntry] = []

  /// Starts a file beside `path`, which appears under its name when the writer is done.
  ///
  /// - Parameter part: which part of a set of files it is.
  /// - Throws: ``FileError``.
  package init(
    path: String, compression: Compression, overwrite: Bool,
    part: Directory.Part = Directory.Part(index: 1, count: 1, set: "00000000")
  ) throws {
    self.part = part
    file = try AtomicFile(path: path, overwrite: overwrite)
    self.compression = compression
  }

  /// Declares a component; returns its position in the directory.
  ///
  /// - Parameter frameByteCount: the length of each of its frames but the last; a multiple of the
  ///   element's size.
  package func addComponent(
    role: String, type: ElementType, shape: [Int], frameByteCount: Int
  ) -> Int {
    let byteCount = shape.reduce(1, *) * type.bitWidth / 8
    let length = max(1, min(frameByteCount, byteCount))
    let frameCount = (byteCount + length - 1) / length
    let entry = Directory.Component(
      role: role, type: type.rawValue, shape: shape, coding: [], frameByteCount: length,
      firstFrame: 0, frameCount: frameCount)
    components.append(
      ComponentState(entry: entry, frames: Array(repeating: nil, count: frameCount)))
    return components.count - 1
  }

  /// Declares and writes a small component that many tensors share; the same numbers are stored once.
  ///
  /// - Throws: ``FileError``.
  package func addConstant(
    role: String, type: ElementType, shape: [Int], bytes: [UInt8]
  ) throws -> Int {
    let constant = Constant(type: type, shape: shape, bytes: bytes)
    if let index = constants[constant] { return index }
    let index = addComponent(role: role, type: type, shape: shape, frameByteCount: bytes.count)
    components[index].coding = []
    constants[constant] = index
    try bytes.withUnsafeBytes { try writeAll($0, to: index, coder: FrameCoder()) }
    return index
  }

  /// Declares and writes a component whose bytes are all there.
  ///
  /// - Throws: ``FileError`` or ``ContainerError/compression(problem:)``.
  package func addWhole(
    role: String, type: ElementType, shape: [Int], bytes: UnsafeRawBufferPointer, coder: FrameCoder
  ) throws -> Int {
    let index = addComponent(
      role: role, type: type, shape: shape, frameByteCount: ToneFormat.plainFrameByteCount)
    try writeAll(bytes, to: index, coder: coder)
    return index
  }

  /// Prepares, places and writes all frames of a declared component. Not while others place.
  package func writeAll(
    _ bytes: UnsafeRawBufferPointer, to component: Int, coder: FrameCoder
  ) throws {
    let length = components[component].entry.frameByteCount
    for (index, start) in stride(from: 0, to: bytes.count, by: length).enumerated() {
      let frame = UnsafeRawBufferPointer(
        rebasing: bytes[start..<min(start + length, bytes.count)])
      try write(place(prepare(frame, of: component, index: index, coder: coder)))
    }
  }

  /// Codes and checksums frame `index` of a component. Waits for frame 0, which decides the coding.
  ///
  /// - Parameter coder: holds the coded bytes until it is used again; not shared between threads.
  /// - Throws: ``ContainerError/compression(problem:)``, or `CancellationError` after ``cancel()``.
  package func prepare(
    _ bytes: UnsafeRawBufferPointer, of component: Int, index: Int, coder: FrameCoder
  ) throws -> PreparedFrame {
    let coding =
      index == 0
      ? try decideCoding(of: component, sample: bytes, coder: coder)
      : try awaitCoding(of: component)
    let role = lock.withLock { components[component].entry.role }
    let coded = try coder.encode(bytes, coding, effort: effort(for: coding, role: role))
    return PreparedFrame(
      component: component, index: index, bytes: coded, checksum: Kernels.active.crc32c(coded))
  }

  /// Gives a frame its place. Frames that are placed in the same order get the same places.
  package func place(_ frame: PreparedFrame) -> PreparedFrame {
    lock.withLock {
      var placed = frame
      var state = components[frame.component]
      if state.entry.coding.isEmpty {
        if state.regionOffset == nil {
          end = (end + ToneFormat.alignment - 1) / ToneFormat.alignment * ToneFormat.alignment
          state.regionOffset = end
          end += state.byteCount
        }
        placed.offset = (state.regionOffset ?? end) + frame.index * state.entry.frameByteCount
      } else {
        placed.offset = end
        end += frame.bytes.count
      }
      state.frames[frame.index] = FrameEntry(
        offset: placed.offset, byteCount: frame.bytes.count, checksum: frame.checksum)
      components[frame.component] = state
      return placed
    }
  }

  /// Writes a frame that has its place.
  ///
  /// - Throws: ``FileError``.
  package func write(_ frame: PreparedFrame) throws {
    try file.write(frame.bytes, at: frame.offset)
  }

  /// Writes the tables and the trailer, and puts the file in its place.
  ///
  /// - Returns: the file's size in bytes.
  /// - Throws: ``FileError``, ``ContainerError``.
  package func finish(
    tool: String, part: Directory.Part, tensors: [Directory.Tensor],
    assets: [Directory.AssetEntry], provenance: Directory.Provenance
  ) throws -> Int {
    var table = LittleEndianWriter()
    var frameCount = 0
    for index in components.indices {
      components[index].entry.firstFrame = frameCount
      for entry in components[index].frames {
        guard let entry else {
          preconditionFailure("component \(index) of the directory was declared and not written")
        }
        table.append(UInt64(entry.offset))
        table.append(UInt32(entry.byteCount))
        table.append(entry.checksum)
        frameCount += 1
      }
    }
    let directory = Directory(
      tool: tool, part: part, components: components.map(\.entry), tensors: tensors,
      assets: assets, provenance: provenance)
    let count = try Trailer.write(
      directory: directory, table: table.bytes, frameCount: frameCount, at: end,
      compressed: compression != .none, to: file)
    try file.commit()
    return count
  }

  /// Lets go threads that wait for a decision, because the work has failed; safe at any time.
  package func cancel() {
    lock.withLock {
      failed = true
      lock.broadcast()
    }
  }

  /// Gives the file up; nothing of it remains. For when no thread writes any more.
  package func abandon() {
    cancel()
    file.abandon()
  }

  private func effort(for coding: [FrameCoding], role: String) -> Zstd.Effort {
    if coding.first?.planeCount != nil { return .entropy }
    if case .level(let level) = compression { return .level(level) }
    return role == Self.assetRole ? .level(9) : .entropy
  }

  private func decideCoding(
    of component: Int, sample: UnsafeRawBufferPointer, coder: FrameCoder
  ) throws -> [FrameCoding] {
    let (decided, type, frameByteCount, role) = lock.withLock {
      let state = components[component]
      return (
        state.coding, ElementType(rawValue: state.entry.type), state.entry.frameByteCount,
        state.entry.role
      )
    }
    if let decided { return decided }
    var coding: [FrameCoding] = []
    // Under 512 bytes the frame's own overhead eats what is won, and alignment is worth more.
    if compression != .none, sample.count >= 512, let type {
      let candidate = FrameCoding.candidates(for: type).filter {
        frameByteCount % ($0.planeCount ?? 1) == 0
      }
      let count = try coder.encode(
        sample, candidate, effort: effort(for: candidate, role: role)
      ).count
      if count * 100 <= sample.count * 97 { coding = candidate }
    }
    lock.withLock {
      components[component].coding = coding
      components[component].entry.coding = coding.map(\.rawValue)
      lock.broadcast()
    }
    return coding
  }

  private func awaitCoding(of component: Int) throws -> [FrameCoding] {
    try lock.withLock {
      while true {
        if failed { throw CancellationError() }
        if let coding = components[component].coding { return coding }
        lock.wait()
      }
    }
  }
}
