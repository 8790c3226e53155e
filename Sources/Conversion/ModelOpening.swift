// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Container
import Runtimes
import Tensors

/// Opens whatever a user may name as a model: a file of safetensors, a `.tone` file or a GGUF file, or a
/// folder with one of the first two; the safetensors may be a runtime's.
///
/// What a file's first bytes say counts, not how it is called.
/// - Throws: the error of the format's reader, or ``ConversionError/severalModels(folder:files:)``.
package func openModel(at path: String) throws -> any ModelSource {
  if let file = try toneFile(inFolder: path) { return try ToneModel(path: file) }
  if ToneFile.recognizes(path: path) || path.hasSuffix(".\(ToneFormat.fileExtension)") {
    return try ToneModel(path: path)
  }
  if GGUFFile.recognizes(path: path) || path.hasSuffix(".gguf") {
    return try GGUFModel(path: path).joined()
  }
  let model = try SafetensorsModel(path: path)
  // The runtimes that store their tensors in safetensors know their own by the arrays' names.
  if let found = try BitsandbytesModel(model) { return found }
  if let found = try CompressedTensorsModel(model) { return found }
  if let found = try GPTQModel(model) { return found }
  if let found = try AWQModel(model) { return found }
  return model
}
