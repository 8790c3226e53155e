// SPDX-License-Identifier: Apache-2.0

import Tensors

/// Which tensor gets which scheme, and why.
package struct Plan: Sendable {
  /// One tensor's lot.
  package struct Entry: Sendable {
    package let tensor: TensorDescription
    /// How it is encoded; nil: what is stored stays as it is.
    package let scheme: (any Scheme)?
    /// What is stored for it; nil where its numbers stand plainly and stay.
    package let layout: TensorLayout?
    /// Its components where they are copied; nil where it is encoded or its numbers stand plainly.
    package let stored: StoredTensor?
    /// Why, in a few words.
    package let reason: String
    /// Whether a rule of the recipe names it, so that the user wants it so.
    package let isByRule: Bool

    /// The scheme's name, or the source type in lower case.
    package var schemeName: String { scheme?.name ?? tensor.scheme }

    /// The bytes that will be stored for it, before compression.
    package var storedByteCount: Int { layout?.storedByteCount ?? tensor.storedByteCount }

    /// The tensor as a sink gets it.
    package var record: TensorRecord {
      TensorRecord(
        tensor: tensor, scheme: schemeName, layout: layout ?? .plain(tensor), reason: reason)
    }
  }

  /// Every tensor, in the order in which they will be read and written.
  package let entries: [Entry]

  /// Makes the plan of a recipe for a list of tensors.
  ///
  /// - Parameters:
  ///   - schemes: what the recipe's names mean.
  ///   - mixture: where the recipe's scheme for linear layers is a mixture, what it chooses.
  /// - Throws: ``QuantizationError`` where a scheme can't hold a tensor that a rule names. A linear
  ///   layer that the default scheme can't hold is not an error: it is kept.
  package init(
    recipe: Recipe, tensors: [TensorDescription], schemes: any SchemeSet = GeneralSchemes(),
    mixture: [String: Recipe.Choice]? = nil
  ) throws {
    entries = try tensors.map { tensor in
      if let index = recipe.rules.firstIndex(where: { $0.matches(tensor.name) }) {
        let rule = recipe.rules[index]
        return try Entry(
          tensor, rule.choice, of: schemes, reason: "rule \(index + 1): \(rule.pattern)",
          isByRule: true)
      }
      let role = TensorRole(of: tensor)
      if let mixture {
        return try Entry(
          tensor, mixture[tensor.name] ?? .keep, of: schemes, reason: role.rawValue)
      }
      guard role == .linear else { return .kept(tensor, reason: role.rawValue) }
      do {
        return try Entry(tensor, recipe.linearLayers, of: schemes, reason: role.rawValue)
      } catch QuantizationError.noRows {
        return .kept(tensor, reason: "linear layer, rows too long for the scheme")
      } catch QuantizationError.rowLength(_, _, _, let multiple) {
        return .kept(tensor, reason: "linear layer, rows no multiple of \(multiple)")
      }
    }
  }

  /// The bytes of all tensors as they will be stored, before compression.
  package var storedByteCount: Int { entries.reduce(0) { $0 + $1.storedByteCount } }

  /// The number of weights of all tensors.
  package var weightCount: Int { entries.reduce(0) { $0 + $1.tensor.elementCount } }
}

extension Plan.Entry {
  /// Keeps a tensor, whatever else was planned.
  package static func kept(
    _ tensor: TensorDescription, reason: String, isByRule: Bool = false
  ) -> Self {
    Self(
      tensor: tensor, scheme: nil, layout: nil, stored: nil, reason: reason, isByRule: isByRule)
  }

  /// The same tensor with another scheme of what is stored for it.
  package func with(scheme: (any Scheme)?, layout: TensorLayout) -> Self {
    Self(
      tensor: tensor, scheme: scheme, layout: layout, stored: stored, reason: reason,
      isByRule: isByRule)
  }

  /// Encodes a tensor, whatever else was planned.
  ///
  /// - Throws: ``QuantizationError`` where the scheme can't hold it.
  package static func encoded(
    _ tensor: TensorDescription, by scheme: any Scheme, reason: String
  ) throws -> Self {
    Self(
      tensor: tensor, scheme: scheme, layout: try scheme.layout(for: tensor), stored: nil,
      reason: reason, isByRule: false)
  }

  /// Copies a tensor's components.
  ///
  /// - Throws: ``QuantizationError/components(tensor:problem:)``.
  package static func copied(
    _ tensor: TensorDescription, _ stored: StoredTensor, reason: String
  ) throws -> Self {
    Self(
      tensor: tensor, scheme: nil, layout: try stored.layout(of: tensor), stored: stored,
      reason: reason, isByRule: false)
  }

  fileprivate init(
    _ tensor: TensorDescription, _ choice: Recipe.Choice, of schemes: any SchemeSet,
    reason: String, isByRule: Bool = false
  ) throws {
    guard case .scheme(let name, let options) = choice, tensor.elementCount > 0 else {
      self = .kept(tensor, reason: reason, isByRule: isByRule)
      return
    }
    var scheme = try schemes.scheme(named: name, options: options)
    var reason = reason
    if let standIn = try scheme.standIn(for: tensor) {
      scheme = standIn.scheme
      reason += ", \(standIn.reason)"
    }
    if scheme.name == tensor.scheme {
      self = .kept(tensor, reason: reason, isByRule: isByRule)
      return
    }
    self.init(
      tensor: tensor, scheme: scheme, layout: try scheme.layout(for: tensor), stored: nil,
      reason: reason, isByRule: isByRule)
  }
}
