// SPDX-License-Identifier: Apache-2.0

/// A sequence on its way.
final class GeneratedSequence {
  let number: Int
  let request: GenerationRequest
  private(set) var cache: CachedSequence
  /// The prompt and what was added to it.
  private(set) var tokens: [Int32]
  /// The text's length when tokens were last evaluated.
  var evaluatedLength = 0
  private var sampler: Sampler

  init(_ request: GenerationRequest, number: Int, cache: CachedSequence) {
    self.request = request
    self.number = number
    self.cache = cache
    tokens = request.prompt
    sampler = Sampler(request.sampling, prompt: request.prompt)
  }

  /// How many tokens have not been evaluated.
  var pendingCount: Int { tokens.count - cache.count }
  /// Whether the prompt, or what has to be evaluated again, is still to be read.
  var isReading: Bool { pendingCount > 1 }

  /// Begins with what another sequence has stored already.
  func begin(with stored: CachedSequence) { cache = stored }

  /// Adds the token that the sampler chooses.
  ///
  /// - Parameter context: how many positions the model covers.
  func add(
    from logits: UnsafeMutableBufferPointer<Float>, context: Int, with math: VectorMath
  ) -> GeneratedToken {
    let id = sampler.choose(from: logits, with: math)
    tokens.append(id)
    var finish: FinishReason?
    if request.endTokens.contains(id) {
      finish = .endOfText
    } else if tokens.count - request.prompt.count >= request.tokenLimit {
      finish = .tokenLimit
    } else if tokens.count > context {
      // The last token needs no position, since nothing follows it.
      finish = .context
    }
    return GeneratedToken(sequence: number, id: id, finish: finish)
  }
}
