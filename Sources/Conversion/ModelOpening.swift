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
  for reader in encodedFolderReaders {
    if let found = try reader(model) { return found }
  }
  return model
}

/// The formats that store encoded tensors in safetensors: each knows its own, by the names of arrays or by
/// `config.json`, and gives nil for what is not.
private let encodedFolderReaders: [@Sendable (SafetensorsModel) throws -> (any ModelSource)?] = [
  { try MLXModel($0)?.asCheckpoint() },
  { try BitsandbytesModel($0) },
  { try CompressedTensorsModel($0) },
  { try GPTQModel($0) },
  { try AWQModel($0) },
  { try FP8Model($0) },
  { try MXFP4Model($0) },
  { try ModelOptModel($0) },
]
