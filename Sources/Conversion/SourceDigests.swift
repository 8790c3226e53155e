// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantization
import Tensors

/// The CRC-32C of every source file, put together from what was read anyway.
///
/// While slabs are encoded their bytes are in the cache, and a checksum of them costs next to nothing;
/// what no slab covered (headers, tensors of other parts) is read at the end.
final class SourceDigests: @unchecked Sendable {
  private struct Piece {
    var range: Range<Int>
    var checksum: UInt32
  }

  private let files: [MappedFile]
  private let lock = NSLock()
  private var pieces: [[Piece]]

  /// - Parameter files: the files that are digested; none where nobody wants to know.
  init(_ files: [MappedFile]) {
    self.files = files
    pieces = files.map { _ in [] }
  }

  /// The file and the byte range of a tensor, or nil where its numbers do not stand in one of the files.
  func location(
    of entry: Plan.Entry, in source: any ModelSource
  ) -> (file: Int, range: Range<Int>)? {
    guard entry.stored == nil, !files.isEmpty,
      let location = source.storedLocation(of: entry.tensor.name)
    else { return nil }
    return files.firstIndex { $0 === location.file }.map { ($0, location.byteRange) }
  }

  /// Notes the checksum of some bytes of a file.
  func add(_ checksum: UInt32, file: Int, range: Range<Int>) {
    lock.withLock { pieces[file].append(Piece(range: range, checksum: checksum)) }
  }

  /// What is recorded of each file.
  func finish(withSHA256: Bool) throws -> [ConversionRecord.SourceFile] {
    try zip(files, pieces).map { file, pieces in
      var checksum: UInt32 = 0
      var end = 0
      func append(_ more: UInt32, _ count: Int) {
        checksum = Kernels.combineCRC32C(checksum, more, secondByteCount: count)
        end += count
      }
      for piece in pieces.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
        try file.withBytes(in: end..<piece.range.lowerBound) { gap in
          append(Kernels.active.crc32c(gap), gap.count)
        }
        append(piece.checksum, piece.range.count)
      }
      try file.withBytes(in: end..<file.byteCount) { rest in
        append(Kernels.active.crc32c(rest), rest.count)
      }
      return ConversionRecord.SourceFile(
        name: file.name, bytes: file.byteCount, crc32c: Self.hexadecimal(checksum),
        sha256: withSHA256 ? file.withBytes(SHA256Digest.hexadecimal) : nil)
    }
  }

  /// Eight lower-case digits.
  static func hexadecimal(_ number: UInt32) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
