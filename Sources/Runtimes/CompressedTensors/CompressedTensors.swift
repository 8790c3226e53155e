// SPDX-License-Identifier: Apache-2.0

/// The words of compressed-tensors' files, as version 0.20 writes and reads them.
package enum CompressedTensors {
  /// The name after `--to`, and what `inspect` calls the format.
  package static let name = "compressed-tensors"

  /// The formats in which a weight may be held, each with its reader and writer.
  ///
  /// A new one is a file beside this one and a line here.
  static let formats: [any CompressedTensorsFormat] = [
    PackQuantized(), FloatQuantized(), NVFP4PackQuantized(), MXFP4PackQuantized(),
  ]

  /// Families whose linear layers no loader finds as they are stored, and why.
  static let refusedFamilies = [
    "gpt2": "its layers are stored transposed (Conv1D)",
    "falcon":
      "Transformers 5 can't compute with its linear layers (FalconLinear) when they are packed",
  ]
}
