// SPDX-License-Identifier: Apache-2.0

/// One thing that `config.json` says, and where a GGUF file says it; it is read from either and written
/// to the other.
///
/// Metadata keys are given without the architecture before them. What stands in `otherwise` counts
/// where a GGUF file lacks the key, what stands in `missing` where `config.json` lacks the name: then
/// the family's class in the reference implementation has a default.
enum GGUFSetting: Sendable {
  /// A whole number above 0.
  case count(
    _ key: String, _ name: String, otherwise: Absent = .isError, missing: Missing = .isError)
  /// The number of key heads of Falcon, which only its newer checkpoints say.
  case falconKeyHeads(_ key: String, _ name: String)
  /// A whole number that may be 0.
  case amount(_ key: String, _ name: String, missing: Int)
  /// The sizes of attention through narrow states, which llama.cpp computes as if all heads shared one
  /// key.
  case latentHeads
  /// So many times another count, which says nothing new.
  case times(_ key: String, _ factor: Int, _ name: String)
  /// A number; where neither says it nor has a default, nothing is said.
  case number(_ key: String, _ name: String, otherwise: Float? = nil, missing: Double? = nil)
  /// A flag; the same.
  case flag(_ key: String, _ name: String, missing: Bool? = nil)
  /// The length of a window in which a layer looks back; none where it is 0 or absent.
  case window(_ key: String, _ name: String)
  /// The size of a head, from its own key or as a part of the hidden state.
  case headSize(_ name: String, missing: Int? = nil)
  /// The number of tokens: that of the embedding's rows; some architectures have it under a key too.
  case vocabulary(_ name: String, key: String? = nil)
  /// The base and the scaling of rotary positions.
  case rotary(_ name: String, otherwise: Float = 10_000)
  /// The base of rotary positions in layers with a window.
  case localRotary(_ name: String)
  /// Every how many layers one has no window, and the number where nobody says; of some families
  /// `config.json` says it of each layer instead.
  case windowPeriod(_ key: String, _ name: String, _ otherwise: Int, namesLayers: Bool = false)
  /// Which part of a head is rotated.
  case rotaryPart(_ name: String, missing: Double = 1)
  /// The whole head is rotated, and its size stands under a key.
  case rotarySize
  /// What query-key products are divided by: the size of a head, or in a model of `layers` layers an
  /// equal part of the hidden state.
  case queryScale(_ name: String, layers: Int)
  /// True where the file has that tensor.
  case present(_ tensor: String, _ name: String)
  /// True where the file lacks that tensor.
  case absent(_ tensor: String, _ name: String)
  /// What the whole architecture has in common.
  ///
  /// A checkpoint that says something else, not even one of `others`, can't be run by llama.cpp.
  case constant(_ name: String, JSONDocument, others: [JSONDocument] = [])
  /// What a checkpoint must say where it says anything; it is not written to `config.json`.
  case requirement(_ name: String, [JSONDocument])
  /// Keys that say nothing that `config.json` needs.
  case implied([String])
  /// A key that is the same in all files, and says nothing that `config.json` needs.
  case fixed(_ key: String, GGUFField.Value)
  /// The window of a checkpoint that llama.cpp takes no notice of.
  case ignoredWindow(_ name: String, isOn: String? = nil)

  /// What the absence of a key means.
  enum Absent: Sendable {
    case isError
    /// The value is that of another key.
    case isSame(as: String)
    case means(Int)
    case isNull
  }

  /// What the absence of a name means.
  enum Missing: Sendable {
    case isError
    /// The value is that of another name.
    case isSame(as: String)
    case means(Int)
    /// The value is so many times that of another name.
    case times(Int, String)
    /// Nothing is said.
    case isNothing
  }
}
