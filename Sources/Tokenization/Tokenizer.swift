// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The tokenizer of a model: text to ids and back.
///
/// It is described by a `tokenizer.json`, or put together from older files as if by one.
///
/// Text runs through added tokens, normalizer, pre-tokenizer, model and post-processor, ids through
/// the decoder; each is a part of one of several types, and a type that isn't implemented is an
/// error when the file is read. Truncation and padding, which that file can ask for too, are left to
/// callers: they would change what a text's perplexity is.
package final class Tokenizer: Sendable {
  /// The file, for messages.
  package let path: String
  /// How many tokens there are, added ones included.
  package let vocabularySize: Int

  let normalizer: (any Normalizer)?
  let preTokenizer: (any PreTokenizer)?
  let model: any TokenizerModel
  let postProcessor: (any PostProcessor)?
  let decoder: (any Decoder)?
  let addedTokens: AddedTokens

  /// - Throws: ``TokenizationError`` for whatever is wrong in the file.
  package convenience init(tokenizerJSON: Data, path: String) throws {
    try self.init(document: JSONReader.read(tokenizerJSON, path: path), path: path)
  }

  convenience init(document: JSONValue, path: String) throws {
    let root = try Part(path: path, key: "", value: document)
    try self.init(
      path: path,
      normalizer: root.optionalPart("normalizer").map(Normalizers.registry.read),
      preTokenizer: root.optionalPart("pre_tokenizer").map(PreTokenizers.registry.read),
      model: TokenizerModels.read(root.part("model")),
      postProcessor: root.optionalPart("post_processor").map(PostProcessors.registry.read),
      decoder: root.optionalPart("decoder").map(Decoders.registry.read),
      added: root.optional("added_tokens") == nil
        ? [] : root.parts("added_tokens").map(AddedToken.init))
  }

  init(
    path: String, normalizer: (any Normalizer)? = nil, preTokenizer: (any PreTokenizer)?,
    model: any TokenizerModel, postProcessor: (any PostProcessor)?, decoder: (any Decoder)?,
    added: [AddedToken]
  ) throws {
    self.path = path
    self.normalizer = normalizer
    self.preTokenizer = preTokenizer
    self.model = model
    self.postProcessor = postProcessor
    self.decoder = decoder
    addedTokens = try AddedTokens(
      added, vocabulary: model.vocabulary, normalizer: normalizer, path: path)
    vocabularySize = model.vocabulary.count + addedTokens.countOutsideModel
  }

  /// The same tokenizer with another post-processor.
  init(_ other: Tokenizer, postProcessor: any PostProcessor) {
    path = other.path
    normalizer = other.normalizer
    preTokenizer = other.preTokenizer
    model = other.model
    self.postProcessor = postProcessor
    decoder = other.decoder
    addedTokens = other.addedTokens
    vocabularySize = other.vocabularySize
  }

  /// The token of that id, as the vocabulary spells it, or nil.
  package func token(of id: Int32) -> String? {
    addedTokens[id]?.content ?? model.vocabulary.token(of: id)
  }

  /// The id of the token that is spelled so, or nil.
  func id(of token: String) -> Int32? {
    addedTokens.id(of: token) ?? model.vocabulary.id(of: token)
  }

  /// Checks that a model has an embedding for each of the ids that came from this tokenizer.
  ///
  /// Ids that no text leads to may lie outside: padding that was added later often does.
  ///
  /// - Throws: ``TokenizationError/tokenOutsideModel(token:id:embeddingCount:)``
  package func check(_ ids: [Int32], embeddingCount: Int) throws {
    guard let id = ids.first(where: { Int($0) >= embeddingCount }) else { return }
    throw TokenizationError.tokenOutsideModel(
      token: token(of: id) ?? "", id: id, embeddingCount: embeddingCount)
  }

  /// The ids that the post-processor puts before and after a text.
  package var frame: (before: [Int32], after: [Int32]) {
    let marker: Int32 = -1
    let framed = postProcessor?.apply(to: [marker]) ?? [marker]
    let place = framed.firstIndex(of: marker) ?? framed.endIndex
    return (Array(framed[..<place]), Array(framed[place...].dropFirst()))
  }

  /// The token that the post-processor puts before every text, or nil where it puts none.
  package var bosToken: Int32? { frame.before.first }

  // MARK: - Encoding

  /// The ids of a text.
  ///
  /// - Parameter addingSpecialTokens: runs the post-processor, which adds what the model wants
  ///   before and after a text. Special tokens that the text spells out are found in any case.
  /// - Complexity: about ten times the text's size in memory.
  package func encode(_ text: String, addingSpecialTokens: Bool = true) throws -> [Int32] {
    var ids: [Int32] = []
    var cache = PieceCache<Int32>()
    var text = text
    try text.withUTF8 { bytes in
      for section in addedTokens.plain.sections(of: bytes) {
        if let id = section.id {
          ids.append(id)
        } else {
          try encode(
            bytes.part(section.range), opensInput: section.range.lowerBound == 0, cache: &cache,
            into: &ids)
        }
      }
    }
    guard addingSpecialTokens, let postProcessor else { return ids }
    return postProcessor.apply(to: ids)
  }

  /// Encodes a stretch of text without added tokens that are searched before normalization.
  private func encode(
    _ bytes: Bytes, opensInput: Bool, cache: inout PieceCache<Int32>, into ids: inout [Int32]
  ) throws {
    guard let normalizer else {
      return try encode(normalized: bytes, opensInput: opensInput, cache: &cache, into: &ids)
    }
    var text = try normalizer.normalize(bytes.text)
    try text.withUTF8 {
      try encode(normalized: $0, opensInput: opensInput, cache: &cache, into: &ids)
    }
  }

  private func encode(
    normalized bytes: Bytes, opensInput: Bool, cache: inout PieceCache<Int32>,
    into ids: inout [Int32]
  ) throws {
    for section in addedTokens.normalized.sections(of: bytes) {
      if let id = section.id {
        ids.append(id)
        continue
      }
      var pieces = Pieces(
        Array(bytes[section.range]), opensInput: opensInput && section.range.lowerBound == 0)
      try preTokenizer?.apply(to: &pieces)
      try pieces.bytes.withUnsafeBufferPointer { bytes in
        for range in pieces.ranges {
          try cache.append(bytes.part(range), to: &ids) { try model.tokenize($0, into: &$1) }
        }
      }
    }
  }

  // MARK: - Decoding

  /// The text of ids.
  ///
  /// Where their bytes form no UTF-8, U+FFFD stands for them.
  ///
  /// - Parameter skippingSpecialTokens: leaves out added tokens that are marked special.
  /// - Throws: ``TokenizationError/unknownID(_:)``
  package func decode(_ ids: [Int32], skippingSpecialTokens: Bool = false) throws -> String {
    var tokens: [String] = []
    tokens.reserveCapacity(ids.count)
    for id in ids {
      guard let token = addedTokens.form(of: id) ?? model.vocabulary.token(of: id) else {
        throw TokenizationError.unknownID(id)
      }
      if skippingSpecialTokens, addedTokens[id]?.isSpecial == true { continue }
      tokens.append(token)
    }
    guard let decoder else { return tokens.joined(separator: " ") }
    return try decoder.decode(tokens).joined()
  }
}
