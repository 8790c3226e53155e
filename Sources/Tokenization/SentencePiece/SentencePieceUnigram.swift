// SPDX-License-Identifier: Apache-2.0

/// SentencePiece's unigram model as that program runs it: sums of scores in single precision,
/// user-defined pieces above all others, unused ones never.
struct SentencePieceUnigram: TokenizerModel {
  let vocabulary: Vocabulary
  private let lattice: UnigramLattice
  private let fallback: SentencePieceFallback

  init(_ file: SentencePieceFile, vocabulary: Vocabulary) {
    self.vocabulary = vocabulary
    fallback = SentencePieceFallback(file)
    let normal = file.pieces.filter { $0.kind == .normal }.map(\.score)
    let greatest = normal.max() ?? 0
    let scores = file.pieces.map { piece in
      // A long one scores more than any way to spell it otherwise.
      piece.kind == .userDefined
        ? Double(Float(Double(Float(piece.text.utf8.count) * greatest) - 0.1)) : Double(piece.score)
    }
    let trie = file.spelledPieces.reduce(into: ByteTrie()) { trie, piece in
      if piece.kind != .unused { trie.insert(piece.text.utf8, piece.id) }
    }
    let unknownScore = (normal.min() ?? 0) - Float(UnigramLattice.unknownPenalty)
    lattice = UnigramLattice(
      trie: trie, scores: scores, unknown: fallback.unknown, unknownScore: Double(unknownScore),
      sums: .single)
  }

  func tokenize(_ piece: Bytes, into ids: inout [Int32]) throws {
    var writer = fallback.writer
    for (range, id) in try lattice.bestPath(through: piece) {
      writer.append(id, spelledBy: piece.part(range), to: &ids)
    }
  }
}
