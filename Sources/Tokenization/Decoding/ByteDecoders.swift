// SPDX-License-Identifier: Apache-2.0

/// Reads tokens in the byte alphabet; a token with any other character stands for itself.
///
/// Bytes that form no UTF-8 become U+FFFD, one for each maximal malformed stretch.
struct ByteLevelDecoder: Decoder {
  init(_ part: Part) {}

  func decode(_ tokens: [String]) -> [String] {
    let bytes = tokens.flatMap { ByteAlphabet.read($0) ?? Array($0.utf8) }
    return [String(decoding: bytes, as: UTF8.self)]
  }
}

/// Joins tokens that stand for single bytes, `<0x00>` to `<0xFF>`.
///
/// A run of them that forms no UTF-8 becomes one U+FFFD for each byte.
struct ByteFallbackDecoder: Decoder {
  init(_ part: Part) {}

  func decode(_ tokens: [String]) -> [String] {
    var result: [String] = []
    var run: [UInt8] = []

    func endRun() {
      guard !run.isEmpty else { return }
      if UTF8Check.firstMalformedByte(of: run) == nil {
        result.append(String(decoding: run, as: UTF8.self))
      } else {
        result.append(contentsOf: run.map { _ in "\u{FFFD}" })
      }
      run.removeAll()
    }

    for token in tokens {
      if let byte = ByteToken.byte(of: token) {
        run.append(byte)
      } else {
        endRun()
        result.append(token)
      }
    }
    endRun()
    return result
  }
}
