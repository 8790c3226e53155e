// SPDX-License-Identifier: Apache-2.0

import Container
import Foundation
import Tensors

/// The `.tone` file that stands for a folder: its only one, or the first part of its only set.
///
/// Nil for what is no folder, can't be listed or holds none. A folder with safetensors is theirs, so
/// that a model may be quantized into its own folder and still be named by it.
/// - Throws: ``ConversionError/severalModels(folder:files:)``.
package func toneFile(inFolder path: String) throws(ConversionError) -> String? {
  guard let names = try? FileManager.default.contentsOfDirectory(atPath: path).sorted() else {
    return nil
  }
  let visible = names.filter { !$0.hasPrefix(".") }
  guard !visible.contains(where: { $0.contains(".safetensors") }) else { return nil }
  let files = visible.filter { $0.hasSuffix(".\(ToneFormat.fileExtension)") }
  guard let first = files.first else { return nil }
  guard Set(files.map(setName)).count == 1 else {
    throw .severalModels(folder: path, files: files)
  }
  return FilePath.join(path, first)
}

/// A file's name without the number of its part, which is what all parts of a set have in common.
private func setName(_ file: String) -> String {
  guard let part = file.wholeMatch(of: /(.*)-[0-9]{5}-of-([0-9]{5}\.tone)/) else { return file }
  return "\(part.1)-of-\(part.2)"
}
