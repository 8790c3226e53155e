// SPDX-License-Identifier: Apache-2.0

/// One thing that `config.json` says, and where a GGUF file says it.
///
/// Metadata keys are given without the architecture before them.
enum GGUFSetting: Sendable {
  /// A whole number above 0; where the key is absent, what `otherwise` says.
  case count(_ key: String, _ name: String, otherwise: Absent = .isError)
  /// A number; where the key is absent, `otherwise`, or nothing is said.
  case number(_ key: String, _ name: String, otherwise: Float? = nil)
  /// A flag; where the key is absent, nothing is said.
  case flag(_ key: String, _ name: String)
  /// The length of a window in which a layer looks back; none where it is 0 or absent.
  case window(_ key: String, _ name: String)
  /// The size of a head, from its own key or as a part of the hidden state.
  case headSize(_ name: String)
  /// The number of tokens: that of the embedding's rows.
  case vocabulary(_ name: String)
  /// The base and the scaling of rotary positions.
  case rotary(_ name: String, otherwise: Float = 10_000)
  /// Which part of a head is rotated.
  case rotaryPart(_ name: String)
  /// What query-key products are divided by: the size of a head, or in a model of `layers` layers an
  /// equal part of the hidden state.
  case queryScale(_ name: String, layers: Int)
  /// True where the file has that tensor.
  case present(_ tensor: String, _ name: String)
  /// True where the file lacks that tensor.
  case absent(_ tensor: String, _ name: String)
  /// What the whole architecture has in common.
  case constant(_ name: String, JSONDocument)
  /// Keys that say nothing that `config.json` needs.
  case implied([String])

  /// What the absence of a key means.
  enum Absent: Sendable {
    case isError
    /// The value is that of another key.
    case isSame(as: String)
    case means(Int)
  }
}
