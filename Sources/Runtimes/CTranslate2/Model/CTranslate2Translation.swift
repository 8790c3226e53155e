// SPDX-License-Identifier: Apache-2.0

import Tensors

/// A file's variables as the tensors of a checkpoint: which family it is, and what is where.
struct CTranslate2Translation {
  let family: CTranslate2Family
  let decoder: CTranslate2Decoder
  let arrangements: [Arrangement]
  /// What `config.json` says of the family.
  let members: [JSONDocument.Member]
  /// Whether the head is the embeddings'.
  let isTied: Bool

  /// More runs of rows than any model has; so that a small file can't ask for very many.
  private static let runLimit = 1 << 18

  /// Finds the family of a file.
  ///
  /// - Throws: ``CTranslate2Error`` where it has none that is known, or a variable that the family does
  ///   not have.
  init(_ variables: CTranslate2Variables, configuration: JSONMembers?) throws {
    let file = variables.file
    let decoder = try CTranslate2Decoder(file, configuration: configuration)
    let contents = CTranslate2Contents(decoder: decoder, file: file)
    var found: (family: CTranslate2Family, members: [JSONDocument.Member])?
    for family in CTranslate2Family.all where found == nil {
      found = family.configuration(contents).map { (family, $0) }
    }
    guard let found else {
      throw CTranslate2Error.unknownFamily(
        file: file.file.path, problem: "its variables are those of no family that is known")
    }
    self.decoder = decoder
    family = found.family
    members = found.members
    let embeddings = "\(CTranslate2.scope)embeddings/weight"
    let head = "\(CTranslate2.scope)projection/weight"
    isTied = file[embeddings] != nil && file[embeddings] == file[head]
    var builder = CTranslate2Arranger(variables, decoder: decoder, runLimit: Self.runLimit)
    for module in family.modules(
      of: decoder, base: family.bases[0], head: isTied ? nil : family.heads[0])
    {
      try builder.add(module)
    }
    if isTied { builder.use(head) }
    try builder.requireNothingElse(besides: Set(decoder.scalars.keys))
    arrangements = builder.arrangements
  }
}
