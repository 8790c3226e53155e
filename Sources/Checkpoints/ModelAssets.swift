// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

/// The small files that travel with a model's tensors, found by name in its folder.
enum ModelAssets {
  /// No file of the kinds below comes near this size, in bytes.
  static let maximumByteCount = 64 << 20

  /// What is needed to run the model.
  static let names: Set<String> = [
    "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
    "special_tokens_map.json", "added_tokens.json", "tokenizer.model", "vocab.json", "merges.txt",
    "chat_template.jinja", "chat_template.json", "hf_quant_config.json",
  ]

  /// What its authors want to travel with it, under whatever extension.
  static let prefixes = ["LICENSE", "LICENCE", "NOTICE", "USE_POLICY"]

  /// True for a file that travels with the tensors.
  static func includes(_ name: String) -> Bool {
    names.contains(name) || prefixes.contains { name.hasPrefix($0) }
  }

  /// Reads the assets in a folder, sorted by name.
  static func read(from directory: String) throws(CheckpointError) -> [Asset] {
    // Whoever may open a file in a folder need not be allowed to list the folder.
    let listed = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? Array(names)
    var assets: [Asset] = []
    for name in listed.filter(includes).sorted() {
      let path = FilePath.join(directory, name)
      let file: MappedFile
      do {
        file = try MappedFile(path: path)
      } catch .isDirectory {
        continue
      } catch .notFound {
        continue
      } catch {
        throw .file(error)
      }
      guard file.byteCount <= maximumByteCount else {
        throw .assetTooLarge(file: path, byteCount: file.byteCount, limit: maximumByteCount)
      }
      assets.append(Asset(name: name, contents: file.withBytes { Data($0) }))
    }
    return assets
  }
}
