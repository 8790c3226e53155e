// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

extension Tokenizer {
  /// The file that describes a tokenizer.
  package static let fileName = "tokenizer.json"

  /// The tokenizer among a model's assets.
  ///
  /// - Parameters:
  ///   - path: the model, for messages.
  ///   - asset: returns the contents of the asset of a name, or nil.
  /// - Throws: ``TokenizationError/missingFile(path:name:)`` where there's no `tokenizer.json`.
  package convenience init(path: String, asset: (String) throws -> Data?) throws {
    guard let data = try asset(Self.fileName) else {
      throw TokenizationError.missingFile(path: path, name: Self.fileName)
    }
    try self.init(tokenizerJSON: data, path: "\(path)/\(Self.fileName)")
  }

  /// The tokenizer that travels with a model.
  package convenience init(of model: some ModelSource) throws {
    try self.init(path: model.path, asset: model.asset)
  }

  /// The tokenizer in a directory, which needs to hold nothing else.
  ///
  /// - Parameter path: the directory, or a `tokenizer.json` itself.
  package convenience init(at path: String) throws {
    let url = URL(filePath: path)
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory),
      !isDirectory.boolValue
    else {
      let file = url.appending(path: Self.fileName)
      try self.init(path: path) { _ in
        FileManager.default.fileExists(atPath: file.path) ? try Data(contentsOf: file) : nil
      }
      return
    }
    try self.init(tokenizerJSON: Data(contentsOf: url), path: path)
  }

  /// The text of a file's bytes.
  ///
  /// - Throws: ``TokenizationError/notUTF8(path:byteOffset:)``
  package static func text(from data: Data, path: String) throws -> String {
    let bytes = Array(data)
    if let offset = UTF8Check.firstMalformedByte(of: bytes) {
      throw TokenizationError.notUTF8(path: path, byteOffset: offset)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
