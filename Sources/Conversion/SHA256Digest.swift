// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation

/// SHA-256, as the directory records it.
enum SHA256Digest {
  /// The digest of some bytes in lower-case hexadecimal.
  static func hexadecimal(_ bytes: UnsafeRawBufferPointer) -> String {
    var hash = SHA256()
    hash.update(bufferPointer: bytes)
    return hash.finalize().map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined()
  }
}
