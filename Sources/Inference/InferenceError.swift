// SPDX-License-Identifier: Apache-2.0

/// Why a model can't be run.
package enum InferenceError: Error, Equatable {
  /// A token id must be below the vocabulary size.
  case tokenOutsideVocabulary(id: Int32, vocabularySize: Int)
}
