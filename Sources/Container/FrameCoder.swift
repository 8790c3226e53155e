// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

/// Codes and restores frames, with buffers of its own; one instance for each thread.
package final class FrameCoder: @unchecked Sendable {
  private let zstd = Zstd()
  private var planes = UnsafeMutableRawBufferPointer.allocate(byteCount: 0, alignment: 64)
  private var output = UnsafeMutableRawBufferPointer.allocate(byteCount: 0, alignment: 64)

  package init() {}

  deinit {
    planes.deallocate()
    output.deallocate()
  }

  /// Codes a frame; the result is valid until the coder is used again, or as long as `bytes`.
  func encode(
    _ bytes: UnsafeRawBufferPointer, _ coding: [FrameCoding], effort: Zstd.Effort
  ) throws -> UnsafeRawBufferPointer {
    var current = bytes
    if let plane = coding.first?.planeCount { current = split(current, plane) }
    guard coding.last == .zstd else { return current }
    Self.grow(&output, to: Zstd.bound(current.count))
    let count = try zstd.compress(current, into: output, effort: effort)
    return UnsafeRawBufferPointer(rebasing: output[..<count])
  }

  /// Restores a frame of `output.count` bytes.
  ///
  /// - Returns: what is wrong with it, or nil.
  func decode(
    _ stored: UnsafeRawBufferPointer, _ coding: [FrameCoding],
    into output: UnsafeMutableRawBufferPointer
  ) -> String? {
    guard let plane = coding.first?.planeCount else {
      return Self.unpack(stored, coding, zstd, into: output)
    }
    Self.grow(&planes, to: output.count)
    let unpacked = UnsafeMutableRawBufferPointer(rebasing: planes[..<output.count])
    if let problem = Self.unpack(stored, coding, zstd, into: unpacked) { return problem }
    let kernels = Kernels.active.table
    let join = plane == 2 ? kernels.join_planes2 : kernels.join_planes4
    join?(
      unpacked.bindMemory(to: UInt8.self).baseAddress, output.count / plane,
      output.bindMemory(to: UInt8.self).baseAddress)
    return nil
  }

  /// What is wrong with a coded frame that is to give `byteCount` bytes, as far as can be told without
  /// restoring it; nil if nothing is.
  static func claimProblem(
    _ stored: UnsafeRawBufferPointer, _ coding: [FrameCoding], byteCount: Int
  ) -> String? {
    let agrees =
      coding.last == .zstd ? Zstd.states(byteCount, stored) : stored.count == byteCount
    return agrees ? nil : "it does not give \(byteCount) bytes"
  }

  private static func unpack(
    _ stored: UnsafeRawBufferPointer, _ coding: [FrameCoding], _ zstd: Zstd,
    into output: UnsafeMutableRawBufferPointer
  ) -> String? {
    if coding.last == .zstd { return zstd.decompress(stored, into: output) }
    guard stored.count == output.count else {
      return "\(stored.count) bytes instead of \(output.count)"
    }
    output.copyMemory(from: stored)
    return nil
  }

  private func split(_ bytes: UnsafeRawBufferPointer, _ plane: Int) -> UnsafeRawBufferPointer {
    precondition(bytes.count % plane == 0)
    Self.grow(&planes, to: bytes.count)
    let kernels = Kernels.active.table
    let split = plane == 2 ? kernels.split_planes2 : kernels.split_planes4
    split?(
      bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count / plane,
      planes.bindMemory(to: UInt8.self).baseAddress)
    return UnsafeRawBufferPointer(rebasing: planes[..<bytes.count])
  }

  private static func grow(_ buffer: inout UnsafeMutableRawBufferPointer, to byteCount: Int) {
    guard buffer.count < byteCount else { return }
    buffer.deallocate()
    buffer = .allocate(byteCount: byteCount, alignment: 64)
  }
}
