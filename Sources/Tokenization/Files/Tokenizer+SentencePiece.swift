// SPDX-License-Identifier: Apache-2.0

import Foundation

extension Tokenizer {
  /// SentencePiece's file.
  static let sentencePieceFileName = "tokenizer.model"

  /// The tokenizer of a SentencePiece model.
  ///
  /// Text is encoded and decoded as SentencePiece does it. What Transformers adds to that comes from
  /// `configuration`: tokens that are found in text before the model sees it, and tokens before and
  /// after every text. Where it doesn't ask for these, there are none, as in both libraries.
  ///
  /// - Throws: ``TokenizationError`` for whatever is wrong in the file.
  convenience init(
    sentencePiece data: Data, path: String, configuration: TokenizerConfiguration
  ) throws {
    guard !data.prefix(64).isTiktoken else {
      throw TokenizationError.unsupportedPart(
        path: path, key: Self.sentencePieceFileName, type: "tiktoken")
    }
    let file = try SentencePieceFile(data, path: path)
    try file.checkPieces()
    let vocabulary = try file.vocabulary()
    let model: any TokenizerModel
    switch file.modelType {
    case .bytePair: model = SentencePieceBytePairs(file, vocabulary: vocabulary)
    case .unigram: model = SentencePieceUnigram(file, vocabulary: vocabulary)
    case .word, .character:
      throw TokenizationError.unsupportedOption(
        path: path, key: "trainer_spec.model_type", value: "\(file.modelType)")
    }
    var rules = file.normalization
    if let addsSpace = configuration.addsPrefixSpace { rules.addsDummySpace = addsSpace }
    let normalizer = SentencePieceNormalizer(
      rules, writesSuffix: file.treatsSpaceAsSuffix,
      dummySpace: configuration.isLegacy ? .always : .first,
      userDefined: file.trie(of: .userDefined))
    let added = try configuration.allAddedTokens { vocabulary.id(of: $0) }.map {
      try AddedToken(Part(path: configuration.path, key: "added_tokens_decoder", value: $0))
    }
    let frame = try configuration.frame(
      beginning: file.controlToken(file.beginningPiece), end: file.controlToken(file.endPiece)
    ) { token in vocabulary.id(of: token) ?? added.first { $0.content == token }?.id }
    try self.init(
      path: path, preTokenizer: normalizer, model: model, postProcessor: frame,
      decoder: SentencePieceDecoder(file), added: added)
  }
}

extension Data {
  /// Whether a file starts as tiktoken's vocabularies do: a token in base 64, a space, its rank.
  fileprivate var isTiktoken: Bool {
    let line = prefix { $0 != UInt8(ascii: "\n") }.split(separator: UInt8(ascii: " "))
    return line.count == 2 && Int(String(decoding: line[1], as: UTF8.self)) != nil
      && Data(base64Encoded: line[0]) != nil
  }
}
