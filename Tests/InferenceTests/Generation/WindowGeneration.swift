// SPDX-License-Identifier: Apache-2.0

@testable import Inference

extension Decoder {
  /// Goes on with a text greedily, each token from an evaluation of the whole window: what cached
  /// generation must agree with.
  func greedyContinuation(of prompt: [Int32], count: Int) throws -> [Int32] {
    var ids = prompt
    for _ in 0..<count {
      let logits = try logits(ofWindow: ids)
      let last = logits.suffix(vocabularySize)
      let best = last.indices.max { last[$0] < last[$1] } ?? last.startIndex
      ids.append(Int32(best - last.startIndex))
    }
    return Array(ids.dropFirst(prompt.count))
  }
}

extension Generator {
  /// The tokens of each request, by the requests' order; all join at once.
  func tokens(of requests: [GenerationRequest]) throws -> [[Int32]] {
    let numbers = try requests.map(add)
    var tokens: [Int: [Int32]] = [:]
    while !isIdle {
      for token in try step() { tokens[token.sequence, default: []].append(token.id) }
    }
    return numbers.map { tokens[$0] ?? [] }
  }
}
