// SPDX-License-Identifier: Apache-2.0

/// The words and numbers of CTranslate2's model folders, as version 4.8.5 writes and reads them.
///
/// Related documentation: `formats/ctranslate2.md`.
package enum CTranslate2 {
  /// The name after `--to`, and what `inspect` calls the format.
  package static let name = "ctranslate2"

  static let binaryName = "model.bin"
  static let configurationName = "config.json"
  static let vocabularyName = "vocabulary.json"

  /// The version of the binary file that is written; older ones are read.
  static let binaryVersion: UInt32 = 6
  /// The kind of model that is written and read: a decoder without an encoder.
  static let decoderSpecification = "TransformerDecoderSpec"
  /// The revision of its variables' layout.
  static let decoderRevision: UInt32 = 8

  /// What stands before the names of a decoder's variables.
  static let scope = "decoder/"
  /// What stands behind the name of a weight in the name of its scales.
  static let scaleSuffix = "_scale"
  /// The variable of an 8-bit or 16-bit weight, and the only kind whose type the loader changes.
  static let weightSuffix = "weight"
}
