// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation
import Inference

/// What was measured; windows are put together only where all of it is the same.
package struct MeasuredRun: Sendable, Equatable, Codable {
  /// The tool's name and version.
  package var tool: String
  /// The original of a verification, or the only model.
  package var model: ModelIdentity
  /// Nil where there is only one model.
  package var candidate: ModelIdentity?
  package var text: TextIdentity
  /// Tokens per window, as asked for.
  package var context: Int
  package var scoring: PerplexityProtocol
  /// The arithmetic of the candidate, or of the only model.
  package var compute: Compute
  package var originalCompute: Compute
  /// How many windows the whole run has.
  package var windowCount: Int

  enum CodingKeys: String, CodingKey {
    case tool, candidate, text, context, compute
    case originalCompute = "original_compute"
    case model = "original"
    case scoring = "protocol"
    case windowCount = "windows"
  }

  package init(
    tool: String, model: ModelIdentity, candidate: ModelIdentity? = nil, text: TextIdentity,
    options: PerplexityOptions, windowCount: Int
  ) {
    self.tool = tool
    self.model = model
    self.candidate = candidate
    self.text = text
    context = options.context
    scoring = options.scoring
    compute = options.compute
    originalCompute = options.originalCompute
    self.windowCount = windowCount
  }

  /// What two runs may differ in, in words.
  package enum Aspect: String, Sendable {
    case tool = "version of the program"
    case model = "original model"
    case candidate
    case text = "text or tokenizer"
    case context
    case scoring = "protocol"
    case compute = "arithmetic (--compute)"
    case windowCount = "number of windows"
    case limits
  }

  /// The first thing in which two runs differ, or nil.
  func difference(from other: MeasuredRun) -> Aspect? {
    if tool != other.tool { return .tool }
    if model != other.model { return .model }
    if candidate != other.candidate { return .candidate }
    if text != other.text { return .text }
    if context != other.context { return .context }
    if scoring != other.scoring { return .scoring }
    if (compute, originalCompute) != (other.compute, other.originalCompute) { return .compute }
    return windowCount == other.windowCount ? nil : .windowCount
  }

  /// How many positions each window scores.
  var positionsPerWindow: ClosedRange<Int> {
    // A single window may be shorter than the context.
    let most = scoring == .windows ? context - 1 : context - 1 - context / 2
    return windowCount == 1 ? 1...max(1, most) : max(1, most)...max(1, most)
  }
}

/// A text as the models see it.
package struct TextIdentity: Sendable, Equatable, Codable {
  /// SHA-256, in hexadecimal, of the token ids as 32-bit little-endian integers.
  package var sha256: String
  /// How the user named it; not compared.
  package var path: String

  /// - Parameter beginningOfText: what the protocol puts before each window, if anything.
  package init(path: String, tokens: [Int32], beginningOfText: Int32?) {
    self.path = path
    var hash = SHA256()
    for token in [beginningOfText ?? -1] + tokens {
      withUnsafeBytes(of: token.littleEndian) { hash.update(bufferPointer: $0) }
    }
    sha256 = hash.finalize().hexadecimal
  }

  package static func == (a: Self, b: Self) -> Bool { a.sha256 == b.sha256 }
}
