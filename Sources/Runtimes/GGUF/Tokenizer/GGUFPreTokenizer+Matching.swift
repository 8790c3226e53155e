// SPDX-License-Identifier: Apache-2.0

import Tensors
import Tokenization

extension GGUFPreTokenizer {
  /// The entry for a tokenizer that cuts text so, or nil where llama.cpp has none.
  ///
  /// Of several, that which composes characters and ignores merges as the tokenizer does comes first.
  static func of(_ tokenizer: JSONValue) -> GGUFPreTokenizer? {
    guard let found = cutting(as: tokenizer["pre_tokenizer"]) else { return nil }
    let composes = tokenizer["normalizer"].map { $0.hasType("NFC") } ?? false
    var ignoresMerges = false
    if case .bool(true)? = tokenizer["model"]?["ignore_merges"] { ignoresMerges = true }
    let entries = all.filter {
      $0.patterns == found.patterns && $0.splitsLikeGPT2 == found.splitsLikeGPT2
        && $0.isFalcon == found.isFalcon
    }
    return entries.first { $0.ignoresMerges == ignoresMerges && $0.composes == composes }
      ?? entries.first { $0.ignoresMerges == ignoresMerges } ?? entries.first
  }

  /// What a pre-tokenizer does, without a name; nil where that is none of the ways in the table.
  private static func cutting(as value: JSONValue?) -> GGUFPreTokenizer? {
    guard let value else { return nil }
    var parts = [value]
    if value.hasType("Sequence"), case .array(let list)? = value["pretokenizers"] { parts = list }
    var found = GGUFPreTokenizer(names: [])
    var endsInBytes = false
    for part in parts {
      switch part["type"]?.text {
      case "ByteLevel":
        guard part["add_prefix_space"]?.isTrue != true else { return nil }
        endsInBytes = true
        if part["use_regex"]?.isTrue ?? true { found.splitsLikeGPT2 = true }
      case "Digits" where part["individual_digits"]?.isTrue == true:
        found.patterns.append(#"\p{N}"#)
      case "Split":
        guard let pattern = isolated(by: part) else { return nil }
        found.patterns.append(pattern)
      case "Punctuation" where part["behavior"]?.text == "Contiguous": found.isFalcon = true
      // Groups of three digits come last, and only in Falcon's files.
      case "Digits" where endsInBytes: break
      default: return nil
      }
    }
    if found.isFalcon { found.patterns.removeAll { $0 == "[0-9][0-9][0-9]" } }
    if found.patterns.last == gpt2Pattern {
      found.patterns.removeLast()
      found.splitsLikeGPT2 = true
    }
    return endsInBytes ? found : nil
  }

  /// The pattern whose matches a splitter isolates.
  ///
  /// One that removes everything else does the same where the pattern matches every character, as these
  /// patterns do.
  private static func isolated(by part: JSONValue) -> String? {
    let inverts = part["invert"]?.isTrue ?? false
    switch (part["behavior"]?.text, inverts) {
    case ("Isolated", false), ("Removed", true): break
    default: return nil
    }
    guard let pattern = part["pattern"]?["Regex"]?.text else { return nil }
    return spellings[pattern] ?? pattern
  }

  /// Other spellings of a pattern in the table.
  private static let spellings: [String: String] = {
    let insensitive = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
    let others = [
      "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])",
      "(?i:'s|'t|'re|'ve|'m|'d|'ll)", "'(?i:[sdmt]|ll|ve|re)",
    ]
    var found: [String: String] = [
      String(gpt2Pattern.dropLast(#"|\s+"#.count)): gpt2Pattern
    ]
    for pattern in all.flatMap(\.patterns) where pattern.contains(insensitive) {
      for other in others { found[pattern.replacing(insensitive, with: other)] = pattern }
    }
    // Some files have the characters themselves.
    for (spelling, pattern) in found.merging(
      all.flatMap(\.patterns).map { ($0, $0) }, uniquingKeysWith: { first, _ in first })
    where spelling.contains(#"\r\n"#) {
      found[spelling.replacing(#"\r\n"#, with: "\r\n")] = pattern
    }
    return found
  }()
}

extension JSONValue {
  /// The string that this is, or nil.
  var text: String? {
    if case .string(let text) = self { text } else { nil }
  }

  var isTrue: Bool {
    if case .bool(true) = self { true } else { false }
  }

  /// Whether this is a part of a tokenizer of a type, alone or among others in a sequence.
  func hasType(_ type: String) -> Bool {
    if self["type"]?.text == type { return true }
    guard case .array(let parts)? = self["normalizers"] else { return false }
    return parts.contains { $0["type"]?.text == type }
  }
}
