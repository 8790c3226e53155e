// SPDX-License-Identifier: Apache-2.0

/// The constants of the `.tone` format. `formats/tone.md` is their source.
package enum ToneFormat {
  /// The ending of a file's name, without the dot.
  package static let fileExtension = "tone"
  static let magic: [UInt8] = [0x89, 0x54, 0x4F, 0x4E, 0x45, 0x0D, 0x0A, 0x1A]
  static let endMark: [UInt8] = [0x45, 0x4E, 0x4F, 0x54]
  static let majorVersion: UInt16 = 1
  static let minorVersion: UInt16 = 0
  static let headerByteCount = 64
  static let trailerByteCount = 64
  static let frameEntryByteCount = 16
  /// Where components that are stored as they are begin: a multiple of this.
  static let alignment = 64
  static let maximumFrameByteCount = 1 << 26
  static let maximumDirectoryByteCount = 1 << 30
  /// What a reader allocates at most beyond the file's own size before it has checked the claims.
  static let allocationAllowance = 1 << 26
  /// The same for the directory, of which parsing makes several times as much.
  static let directoryAllowance = 1 << 24
  /// File names have five digits for a part.
  static let maximumPartCount = 99_999
  static let maximumEncodingDepth = 8
  static let maximumStepCount = 16
  /// Encodings in the encoding of one tensor, itself included.
  static let maximumEncodingCount = 64
  static let maximumCodebookLength = 1 << 16
  /// The longest codebook of a block, unless the block is longer.
  static let maximumBlockCodebookLength = 256
  static let maximumRank = 8
  /// The longest frame of components that do not come slab by slab.
  package static let plainFrameByteCount = 1 << 20
}
