// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

extension Tokenizer {
  /// The file that describes a tokenizer completely.
  package static let fileName = "tokenizer.json"

  /// Whether a path names a file that is a tokenizer by itself.
  package static func isTokenizerFile(_ path: String) -> Bool {
    path.hasSuffix(fileName) || path.hasSuffix(sentencePieceFileName)
  }

  /// The tokenizer among a model's assets: `tokenizer.json`, else SentencePiece's
  /// `tokenizer.model`, else `vocab.json` with `merges.txt`.
  ///
  /// - Parameters:
  ///   - path: the model, for messages.
  ///   - asset: returns the contents of the asset of a name, or nil.
  /// - Throws: ``TokenizationError/missingFile(path:name:)`` where there's none of them.
  package convenience init(path: String, asset: (String) throws -> Data?) throws {
    if let data = try asset(Self.fileName) {
      try self.init(tokenizerJSON: data, path: "\(path)/\(Self.fileName)")
      return
    }
    let configuration = try TokenizerConfiguration(path: path, asset: asset)
    if let data = try asset(Self.sentencePieceFileName) {
      try self.init(
        sentencePiece: data, path: "\(path)/\(Self.sentencePieceFileName)",
        configuration: configuration)
      return
    }
    guard let vocabulary = try asset(Self.vocabularyFileName),
      let merges = try asset(Self.mergesFileName)
    else {
      throw TokenizationError.missingFile(
        path: path,
        name: "\(Self.fileName), \(Self.sentencePieceFileName) or \(Self.vocabularyFileName) "
          + "with \(Self.mergesFileName)")
    }
    try self.init(
      vocabulary: vocabulary, merges: merges, path: path, configuration: configuration)
  }

  /// The tokenizer that travels with a model.
  ///
  /// - Throws: also the source's own reason for having none.
  package convenience init(of model: some ModelSource) throws {
    try self.init(path: model.path) { name in
      if let data = model.asset(name) { return data }
      if let reason = model.absence(of: name) { throw reason }
      return nil
    }
  }

  /// The tokenizer in a directory, which needs to hold nothing else.
  ///
  /// - Parameter path: the directory, or a `tokenizer.json` or `tokenizer.model` itself.
  package convenience init(at path: String) throws {
    let url = URL(filePath: path)
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory),
      !isDirectory.boolValue
    else {
      try self.init(path: path) { try Self.file($0, in: url) }
      return
    }
    let folder = url.deletingLastPathComponent()
    if path.hasSuffix(Self.sentencePieceFileName) {
      try self.init(
        sentencePiece: Data(contentsOf: url), path: path,
        configuration: TokenizerConfiguration(path: folder.relativePath) {
          try Self.file($0, in: folder)
        })
      return
    }
    try self.init(tokenizerJSON: Data(contentsOf: url), path: path)
  }

  private static func file(_ name: String, in folder: URL) throws -> Data? {
    let file = folder.appending(path: name)
    return FileManager.default.fileExists(atPath: file.path) ? try Data(contentsOf: file) : nil
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
