// SPDX-License-Identifier: Apache-2.0

import Container

/// The error with which reading each file of `formats/vectors/invalid` ends.
enum InvalidVectors {
  static let errors = bytes.merging(directory) { $1 }.merging(meaning) { $1 }

  /// Stands for what libzstd says, which may differ from version to version.
  static let anyProblem = "any"

  /// The path of a file, as an error names it.
  static func at(_ name: String) -> String { Vectors.path("invalid", name) }
}
