// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The user's rules from which a plan is made: what linear layers get, and what single tensors get.
package struct Recipe: Sendable, Equatable {
  /// What a tensor is to become.
  package enum Choice: Sendable, Equatable {
    /// It stays in its source type.
    case keep
    /// It is encoded by a scheme.
    case scheme(name: String, options: SchemeOptions)
  }

  /// What tensors with matching names get.
  package struct Rule: Sendable, Equatable {
    /// A shell pattern (`*`, `?`, `[a-z]`) that must match the whole name; `*` matches dots too.
    package var pattern: String
    package var choice: Choice

    package init(pattern: String, choice: Choice) {
      self.pattern = pattern
      self.choice = choice
    }

    /// Whether the rule speaks of the tensor of that name.
    func matches(_ name: String) -> Bool { fnmatch(pattern, name, 0) == 0 }
  }

  /// What a linear layer gets that no rule speaks of.
  package var linearLayers: Choice
  /// The first rule that matches a name decides.
  package var rules: [Rule]
  /// The text from which it was read, for the record; empty if from options alone.
  package var text: String

  package init(linearLayers: Choice, rules: [Rule] = [], text: String = "") {
    self.linearLayers = linearLayers
    self.rules = rules
    self.text = text
  }
}
