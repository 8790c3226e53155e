// SPDX-License-Identifier: Apache-2.0

extension String {
  /// Whether the bytes of `part` occur in this text.
  ///
  /// In names of tensors that is what `contains` finds, which minds where characters end and takes a
  /// hundred times as long.
  func containsBytes(of part: String) -> Bool {
    var (text, part) = (self, part)
    return text.withUTF8 { text in
      part.withUTF8 { part in
        guard part.count <= text.count else { return false }
        return (0...text.count - part.count).contains { start in
          part.indices.allSatisfy { text[start + $0] == part[$0] }
        }
      }
    }
  }
}
