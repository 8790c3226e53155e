// SPDX-License-Identifier: Apache-2.0

import CZstd

/// libzstd's one-shot interface; one instance for each thread.
final class Zstd: @unchecked Sendable {
  private let compressor = ZSTD_createCCtx()
  private let decompressor = ZSTD_createDCtx()

  deinit {
    ZSTD_freeCCtx(compressor)
    ZSTD_freeDCtx(decompressor)
  }

  /// The size that suffices for any `byteCount` bytes, compressed.
  static func bound(_ byteCount: Int) -> Int { ZSTD_compressBound(byteCount) }

  /// Compresses into one frame that states its content size; returns the number of bytes.
  ///
  /// - Throws: ``ContainerError/compression(problem:)``.
  func compress(
    _ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, level: Int
  ) throws -> Int {
    let count = ZSTD_compressCCtx(
      compressor, output.baseAddress, output.count, bytes.baseAddress, bytes.count, Int32(level))
    if ZSTD_isError(count) != 0 {
      throw ContainerError.compression(problem: String(cString: ZSTD_getErrorName(count)))
    }
    return count
  }

  /// Whether the bytes claim to be a zstd frame of `byteCount` bytes; nothing is restored.
  static func states(_ byteCount: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
    ZSTD_getFrameContentSize(bytes.baseAddress, bytes.count) == UInt64(byteCount)
  }

  /// Restores one frame, which must state and give exactly `output.count` bytes.
  ///
  /// - Returns: what is wrong with the frame, or nil.
  func decompress(
    _ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> String? {
    guard Self.states(output.count, bytes) else {
      return "not a zstd frame of \(output.count) bytes"
    }
    // The one-shot function would go on with frames behind the first.
    guard ZSTD_findFrameCompressedSize(bytes.baseAddress, bytes.count) == bytes.count else {
      return "not exactly one zstd frame"
    }
    let count = ZSTD_decompressDCtx(
      decompressor, output.baseAddress, output.count, bytes.baseAddress, bytes.count)
    if ZSTD_isError(count) != 0 { return String(cString: ZSTD_getErrorName(count)) }
    return count == output.count ? nil : "\(count) bytes instead of \(output.count)"
  }
}
