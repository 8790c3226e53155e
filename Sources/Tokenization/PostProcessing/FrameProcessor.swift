// SPDX-License-Identifier: Apache-2.0

/// Fixed tokens before and after a text.
struct FrameProcessor: PostProcessor {
  var before: [Int32] = []
  var after: [Int32] = []

  func apply(to ids: [Int32]) -> [Int32] { before + ids + after }
}

extension TokenizerConfiguration {
  /// The tokens that this configuration puts before and after every text.
  ///
  /// - Parameters:
  ///   - beginning: the vocabulary's own token, where the configuration names none.
  ///   - end: likewise.
  ///   - id: returns the id of a token, or nil.
  /// - Throws: ``TokenizationError/absentToken(path:key:token:)`` for a token that is to be added
  ///   and that nothing lists.
  func frame(
    beginning: Int32? = nil, end: Int32? = nil, id: (String) -> Int32?
  ) throws -> FrameProcessor {
    func token(_ name: String?, _ own: Int32?, _ key: String) throws -> Int32 {
      guard let found = name.flatMap(id) ?? own else {
        throw TokenizationError.absentToken(path: path, key: key, token: name ?? "")
      }
      return found
    }
    var frame = FrameProcessor()
    if addsBeginning {
      frame.before = [try token(beginningToken, beginning, "bos_token")]
    }
    if addsEnd { frame.after = [try token(endToken, end, "eos_token")] }
    return frame
  }
}
