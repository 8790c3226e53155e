// SPDX-License-Identifier: Apache-2.0

/// What one sequence of a generation is to be.
package struct GenerationRequest: Sendable {
  /// What the sequence begins with; at least one token.
  package var prompt: [Int32]
  package var sampling: SamplingOptions
  /// How many tokens are added at most; at least 1.
  package var tokenLimit: Int
  /// Tokens that end the sequence, and are no part of its text.
  package var endTokens: Set<Int32>

  package init(
    prompt: [Int32], sampling: SamplingOptions = .greedy, tokenLimit: Int,
    endTokens: Set<Int32> = []
  ) {
    self.prompt = prompt
    self.sampling = sampling
    self.tokenLimit = tokenLimit
    self.endTokens = endTokens
  }
}

/// Why a sequence ended.
package enum FinishReason: String, Sendable, Codable {
  /// The model said so with a token that ends texts.
  case endOfText = "stop"
  /// A string that the user named.
  case stopString = "stop_string"
  /// The number of tokens that the user allowed.
  case tokenLimit = "length"
  /// The positions that the model covers.
  case context
  /// The user.
  case interruption = "interrupted"
}

/// A token that was added to a sequence.
package struct GeneratedToken: Sendable, Equatable {
  /// The sequence's number, as ``Generator/add(_:)`` gave it.
  package var sequence: Int
  package var id: Int32
  /// Why the sequence ended with it; nil where it goes on.
  package var finish: FinishReason?
}
