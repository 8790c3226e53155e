// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Container
import Tensors

/// Opens whatever a user may name as a model: a folder or file of safetensors, or a `.tone` file.
///
/// What the file's first bytes say counts, not how it is called.
/// - Throws: the error of the format's reader.
package func openModel(at path: String) throws -> any ModelSource {
  if ToneFile.recognizes(path: path) || path.hasSuffix(".\(ToneFormat.fileExtension)") {
    return try ToneModel(path: path)
  }
  return try SafetensorsModel(path: path)
}
