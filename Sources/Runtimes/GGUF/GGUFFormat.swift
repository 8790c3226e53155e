// SPDX-License-Identifier: Apache-2.0

/// The constants of the GGUF container.
///
/// Related documentation: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>
enum GGUFFormat {
  static let magic = Array("GGUF".utf8)
  /// Version 1 had 32-bit counts and is no longer read by anything.
  static let versions: ClosedRange<UInt32> = 2...3
  static let alignmentKey = "general.alignment"
  /// The alignment of tensors where the file gives none, in bytes.
  static let defaultAlignment = 32
  static let dimensionLimit = 4
  /// A tensor's name, in bytes: ggml keeps it in 64 with a zero at the end.
  static let nameLimit = 63
  /// The longest string and the largest number of elements of an array.
  static let lengthLimit: UInt64 = 1 << 30
  static let fileExtension = "gguf"
}
