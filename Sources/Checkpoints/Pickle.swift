// SPDX-License-Identifier: Apache-2.0

import Tensors

/// Recognizes PyTorch's pickle checkpoints, which are never opened: unpickling can run any code.
enum Pickle {
  private static let suffixes = [
    ".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".bin.index.json",
  ]

  /// True where the name says so.
  static func isPickle(name: String) -> Bool {
    suffixes.contains { name.hasSuffix($0) }
  }

  /// True where the first bytes say so: a zip archive, or protocol 2 and later of bare pickle.
  static func isPickle(contentsOf path: String) -> Bool {
    guard let file = try? MappedFile(path: path) else { return false }
    return file.withBytes { bytes in
      // A header length that starts with the same bytes has only zeros in its upper half.
      guard bytes.count >= 8, bytes[4..<8].contains(where: { $0 != 0 }) else { return false }
      return bytes.starts(with: [0x50, 0x4B, 0x03, 0x04])
        || bytes[0] == 0x80 && (2...5).contains(bytes[1])
    }
  }
}
