// SPDX-License-Identifier: Apache-2.0

/// How text is cut before byte-level BPE, by the name that `tokenizer.ggml.pre` gives.
///
/// Patterns are those of the `tokenizer.json` files for which the names stand; the table serves reading
/// and writing.
struct GGUFPreTokenizer: Sendable {
  /// The first is the one that is written.
  var names: [String]
  /// Patterns that isolate what they match, in order.
  var patterns: [String] = []
  /// Whether text is cut as GPT-2 does, after the patterns.
  var splitsLikeGPT2 = false
  /// Whether runs of punctuation are isolated first, and groups of three digits last.
  var isFalcon = false
  var composes = false
  /// Whether a piece that is a token is taken whole.
  var ignoresMerges = false
  /// Whether a text begins with the token for it where the file doesn't say.
  var addsBeginning = false

  static func named(_ name: String) -> GGUFPreTokenizer? {
    all.first { $0.names.contains(name) }
  }

  static let all: [GGUFPreTokenizer] = [
    GGUFPreTokenizer(
      names: ["llama-bpe", "llama3", "llama-v3", "falcon3"], patterns: [words(digits: "{1,3}")],
      ignoresMerges: true, addsBeginning: true),
    GGUFPreTokenizer(names: ["dbrx", "smaug-bpe"], patterns: [words(digits: "{1,3}")]),
    GGUFPreTokenizer(
      names: ["qwen2", "deepseek-r1-qwen"], patterns: [words(digits: "")], composes: true),
    GGUFPreTokenizer(names: ["stablelm2"], patterns: [words(digits: "")]),
    GGUFPreTokenizer(
      names: ["qwen35"], patterns: [words(letters: #"[\p{L}\p{M}]"#, digits: "")], composes: true),
    GGUFPreTokenizer(
      names: ["gpt-2", "phi-2", "olmo", "mpt", "jais", "roberta-bpe"], splitsLikeGPT2: true),
    GGUFPreTokenizer(
      names: ["starcoder", "smollm", "refact", "command-r"], patterns: [#"\p{N}"#],
      splitsLikeGPT2: true),
    GGUFPreTokenizer(names: ["falcon"], splitsLikeGPT2: true, isFalcon: true),
    GGUFPreTokenizer(
      names: ["tekken"], patterns: [casedWords(contractions: "", digits: "")],
      ignoresMerges: true, addsBeginning: true),
    GGUFPreTokenizer(
      names: ["gpt-4o", "llama4"],
      patterns: [casedWords(contractions: "(?i:'s|'t|'re|'ve|'m|'ll|'d)?", digits: "{1,3}")]),
    GGUFPreTokenizer(
      names: ["bloom", "poro-chat", "gpt3-finnish"], patterns: [" ?[^(\\s|[.,!?…。，、।۔،])]+"]),
    GGUFPreTokenizer(
      names: ["deepseek-v3", "hunyuan-dense"],
      patterns: [
        #"\p{N}{1,3}"#, "[一-龥\u{3040}-ゟ゠-ヿ]+",
        ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+|"##
          + #" ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
      ]),
  ]

  /// What GPT-2's way is as a pattern.
  static let gpt2Pattern =
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

  /// Words with one character before them, runs of digits, of marks and of white space.
  private static func words(letters: String = #"\p{L}"#, digits: String) -> String {
    let others = letters == #"\p{L}"# ? #"\p{L}\p{N}"# : #"\p{L}\p{M}\p{N}"#
    return #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?"# + letters + #"+|\p{N}"# + digits
      + #"| ?[^\s"# + others + #"]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  }

  /// The same with words that end where small letters are followed by capital ones.
  private static func casedWords(contractions: String, digits: String) -> String {
    let (upper, lower) = (#"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#, #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#)
    let start = #"[^\r\n\p{L}\p{N}]?"#
    return start + upper + "*" + lower + "+" + contractions + "|" + start + upper + "+" + lower
      + "*" + contractions + #"|\p{N}"# + digits
      + #"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  }
}
