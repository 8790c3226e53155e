// SPDX-License-Identifier: Apache-2.0

import Tensors

/// The schemes that a recipe may name: those of this module, and what an output format adds.
package protocol SchemeSet: Sendable {
  /// The names of schemes, for help and messages.
  var names: [String] { get }

  /// The names of mixtures, which choose a scheme for every tensor of a model.
  var mixtureNames: [String] { get }

  /// The scheme of that name.
  ///
  /// - Throws: ``QuantizationError`` where there is none, or an option does not go with it.
  func scheme(named name: String, options: SchemeOptions) throws -> any Scheme

  /// What a mixture chooses: a choice for the names of some tensors; others are kept.
  ///
  /// - Parameters:
  ///   - name: one of ``mixtureNames``.
  ///   - source: the model as the format wants it.
  /// - Throws: the format's error where the mixture is not for such a model.
  func mixture(
    named name: String, options: SchemeOptions, of source: any ModelSource
  ) throws -> [String: Recipe.Choice]
}

extension SchemeSet {
  package var mixtureNames: [String] { [] }

  package func mixture(
    named name: String, options: SchemeOptions, of source: any ModelSource
  ) throws -> [String: Recipe.Choice] { [:] }

  /// Checks that a user may ask for the scheme or the mixture of that name.
  ///
  /// - Throws: ``QuantizationError``.
  package func check(_ name: String, options: SchemeOptions) throws {
    if mixtureNames.contains(name) { return }
    do {
      _ = try scheme(named: name, options: options)
    } catch QuantizationError.unknownScheme(let name, let known) {
      throw QuantizationError.unknownScheme(name: name, known: known + mixtureNames)
    }
  }
}

/// The schemes that every format knows of, whether or not it can hold them.
package struct GeneralSchemes: SchemeSet {
  package init() {}

  package var names: [String] { Schemes.names }

  package func scheme(named name: String, options: SchemeOptions) throws -> any Scheme {
    try Schemes.scheme(named: name, options: options)
  }
}
