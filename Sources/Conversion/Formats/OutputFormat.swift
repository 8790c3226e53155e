// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// A format that models are written in: what it can hold, and the sink that writes it.
///
/// To add one, write its reader and writer in a folder of `Runtimes`, a file beside this one that names
/// them, and a line in ``OutputFormats/all``.
package protocol OutputFormat: Sendable {
  /// The name after `--to`.
  static var name: String { get }

  /// Whether a model may be written in parts by several machines.
  var hasParts: Bool { get }

  /// What linear layers get where the user names no scheme.
  var defaultScheme: String { get }

  /// The schemes and mixtures that a user may ask for.
  var schemes: any SchemeSet { get }

  /// The model with its tensors fused, split, stacked, transposed or in another row order, as the format
  /// wants them; its tensors that have a counterpart keep their names.
  ///
  /// - Throws: the runtime's error where the format does not support the model's family.
  func arrange(_ source: any ModelSource) throws -> any ModelSource

  /// Fits a plan to the format: tensors that nobody asked to have quantized are kept where the format
  /// can't hold them otherwise.
  ///
  /// - Returns: the entries, and what a user should know of the output, a sentence each.
  /// - Throws: the runtime's error at the first tensor or family that the format can't hold.
  func fit(
    _ entries: [Plan.Entry], of source: any ModelSource
  ) throws -> (entries: [Plan.Entry], notes: [String])

  /// What a user should know beside, of which the output's bytes do not depend: said by the dry run only,
  /// because finding it out may take as long as making the output's metadata.
  ///
  /// - Throws: what ``makeSink(for:source:_:)`` would throw of the model.
  func furtherNotes(of source: any ModelSource, _ recipe: Recipe) throws -> [String]

  /// Begins an output, of which nothing is seen before it is complete.
  ///
  /// - Throws: the sink's error, also where the output exists.
  func makeSink(
    for plan: ConversionPlan, source: any ModelSource, _ options: QuantizeOptions
  ) throws -> any TensorSink
}

extension OutputFormat {
  package var hasParts: Bool { false }

  package var defaultScheme: String { "nf4" }

  package var schemes: any SchemeSet { GeneralSchemes() }

  package func arrange(_ source: any ModelSource) throws -> any ModelSource { source }

  package func furtherNotes(of source: any ModelSource, _ recipe: Recipe) throws -> [String] { [] }
}

/// The formats that can be written.
package enum OutputFormats {
  private static let all: [any OutputFormat] = [
    ToneOutput(), BitsandbytesOutput(), GGUFOutput(), CompressedTensorsOutput(), GPTQOutput(),
    AWQOutput(), MLXOutput(), CTranslate2Output(), ModelOptOutput(), SafetensorsOutput(),
  ]

  /// What is written where the user names no format.
  package static let native: any OutputFormat = ToneOutput()

  /// The names, for help and messages.
  package static let names = all.map { type(of: $0).name }

  /// What linear layers get by default, for help: that of most formats, then those of the others.
  package static var defaultSchemes: String {
    ([native.defaultScheme]
      + all.filter { $0.defaultScheme != native.defaultScheme }.map {
        "\($0.defaultScheme) for \(type(of: $0).name)"
      }).joined(separator: ", ")
  }

  /// What formats add to the schemes that all know, for help, each name once.
  package static var ownSchemes: String {
    all.map { format in
      let own = format.schemeNames.filter { !Schemes.names.contains($0) }
      return own.isEmpty ? "" : "; for \(type(of: format).name): \(own.joined(separator: ", "))"
    }.joined()
  }

  /// Every name that a user may give a scheme or a mixture.
  package static var schemeNames: [String] {
    unique(all.flatMap(\.schemeNames))
  }

  fileprivate static func unique(_ names: [String]) -> [String] {
    names.reduce(into: []) { found, name in if !found.contains(name) { found.append(name) } }
  }

  /// The format of that name.
  ///
  /// - Throws: ``ConversionError/unknownFormat(name:known:)``.
  package static func format(named name: String) throws(ConversionError) -> any OutputFormat {
    guard let format = all.first(where: { type(of: $0).name == name }) else {
      throw .unknownFormat(name: name, known: names)
    }
    return format
  }
}

extension OutputFormat {
  /// The names of its schemes and mixtures, each once.
  fileprivate var schemeNames: [String] {
    OutputFormats.unique(schemes.names + schemes.mixtureNames)
  }
}
