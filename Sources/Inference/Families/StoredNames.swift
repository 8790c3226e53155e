// SPDX-License-Identifier: Apache-2.0

import Tensors

/// The names of a source's tensors, by which a family tells in which way its checkpoint was stored.
struct StoredNames {
  private let names: Set<String>

  init(_ names: some Sequence<String>) {
    self.names = Set(names)
  }

  init(of source: any TensorSource) {
    self.init(source.tensors.lazy.map(\.name))
  }

  func contains(_ name: String) -> Bool { names.contains(name) }

  /// The first of `prefixes` under which `name` is stored, or the first of all where it is under
  /// none.
  func prefix(of name: String, among prefixes: [String]) -> String {
    prefixes.first { names.contains($0 + name) } ?? prefixes[0]
  }
}
