// SPDX-License-Identifier: Apache-2.0

import Foundation
import Inference
import Synchronization
import Tokenization

/// The text of one request, while it comes and afterwards.
struct GeneratedText {
  private let request: GenerationRequest
  private let arithmetic: Arithmetic
  private let compute: Compute
  private var stream: TextStream
  private var stops: StopStrings
  private var text = ""
  private var ids: [Int32] = []
  private var clock = TokenClock()
  private(set) var finish = FinishReason.interruption

  init(
    _ request: GenerationRequest, arithmetic: Arithmetic, compute: Compute, tokenizer: Tokenizer,
    stop: [String]
  ) {
    self.request = request
    self.arithmetic = arithmetic
    self.compute = compute
    stream = TextStream(after: request.prompt, with: tokenizer)
    stops = StopStrings(stop)
  }

  /// Generates until the text ends or the user asks for it.
  ///
  /// - Parameter give: gets each piece of text as soon as it is certain.
  /// - Throws: what the generator, the tokenizer or `give` throws.
  mutating func run(_ generator: Generator, give: (String) throws -> Void) throws {
    clock.start()
    let number = try generator.add(request)
    while !generator.isIdle, !Interruption.isAsked.load(ordering: .acquiring) {
      for token in try generator.step() {
        clock.tick()
        ids.append(token.id)
        if token.finish != .endOfText { try give(add(stops.append(stream.append(token.id)))) }
        if stops.isFound {
          generator.remove(number)
          finish = .stopString
        } else if let reason = token.finish {
          finish = reason
        }
      }
    }
    if !stops.isFound {
      try give(add(stops.append(stream.finish())))
      if stops.isFound { finish = .stopString } else { try give(add(stops.finish())) }
    }
  }

  private mutating func add(_ piece: String) -> String {
    text += piece
    return piece
  }

  /// How it went, in one line.
  var summary: String {
    let end =
      switch finish {
      case .endOfText: "the model ended the text"
      case .stopString: "a stop string came"
      case .tokenLimit: "--max-tokens reached"
      case .context: "the model's context is full"
      case .interruption: "interrupted"
      }
    let rate = clock.tokensPerSecond.map { String(format: ", %.1f tokens/s", $0) } ?? ""
    return "\(ids.count) tokens\(rate), \(arithmetic.rawValue) arithmetic, "
      + "compute \(compute.rawValue); \(end)"
  }

  /// What `--json` prints.
  func result(_ generator: Generator) -> Result {
    Result(
      text: text, tokens: ids, finishReason: finish, promptTokens: request.prompt.count,
      generatedTokens: ids.count, sampling: request.sampling, arithmetic: arithmetic,
      compute: compute, timeToFirstTokenSeconds: clock.secondsToFirst,
      generateTokensPerSecond: clock.tokensPerSecond,
      cacheBytes: generator.peakCacheByteCount)
  }

  struct Result: Encodable {
    var text: String
    /// The ids of the text, and of the token that ended it.
    var tokens: [Int32]
    var finishReason: FinishReason
    var promptTokens: Int
    var generatedTokens: Int
    var sampling: SamplingOptions
    var arithmetic: Arithmetic
    var compute: Compute
    var timeToFirstTokenSeconds: Double?
    var generateTokensPerSecond: Double?
    var cacheBytes: Int

    private enum CodingKeys: String, CodingKey {
      case text, tokens, sampling, arithmetic, compute
      case finishReason = "finish_reason"
      case promptTokens = "prompt_tokens"
      case generatedTokens = "generated_tokens"
      case timeToFirstTokenSeconds = "time_to_first_token_seconds"
      case generateTokensPerSecond = "generate_tokens_per_second"
      case cacheBytes = "cache_bytes"
    }
  }
}
