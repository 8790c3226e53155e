// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Inference

@Suite struct SamplerTests {
  /// Draws per distribution; the bound below is five standard deviations of a share, which one of a
  /// million correct samplers would miss.
  private static let drawCount = 20_000

  private func shares(_ logits: [Float], _ options: SamplingOptions) throws -> [Double] {
    var sampler = Sampler(options, prompt: [])
    let math = try VectorMath()
    var counts = [Int](repeating: 0, count: logits.count)
    for _ in 0..<Self.drawCount {
      var row = logits
      counts[Int(row.withUnsafeMutableBufferPointer { sampler.choose(from: $0, with: math) })] += 1
    }
    return counts.map { Double($0) / Double(Self.drawCount) }
  }

  private func expect(_ shares: [Double], _ expected: [Double]) {
    for (share, probability) in zip(shares, expected) {
      let deviation = (probability * (1 - probability) / Double(Self.drawCount)).squareRoot()
      #expect(abs(share - probability) <= 5 * deviation)
    }
  }

  private static let logits = [0.1, 0.4, 0.2, 0.3].map { Float(log($0)) }

  @Test func `shares are the softmax of the logits`() throws {
    expect(
      try shares(Self.logits, SamplingOptions(temperature: 1, seed: 1)), [0.1, 0.4, 0.2, 0.3])
  }

  @Test func `temperature flattens and sharpens`() throws {
    let squares = [0.01, 0.16, 0.04, 0.09]
    expect(
      try shares(Self.logits, SamplingOptions(temperature: 0.5, seed: 2)),
      squares.map { $0 / 0.3 })
  }

  @Test func `top-k keeps the most likely, and their proportions`() throws {
    expect(
      try shares(Self.logits, SamplingOptions(temperature: 1, topK: 2, seed: 3)),
      [0, 4.0 / 7, 0, 3.0 / 7])
  }

  @Test func `top-p keeps the fewest that reach it`() throws {
    expect(
      try shares(Self.logits, SamplingOptions(temperature: 1, topP: 0.65, seed: 4)),
      [0, 4.0 / 7, 0, 3.0 / 7])
    expect(
      try shares(Self.logits, SamplingOptions(temperature: 1, topP: 0.75, seed: 5)),
      [0, 4.0 / 9, 2.0 / 9, 3.0 / 9])
  }

  @Test func `top-p counts within what top-k leaves`() throws {
    // Of 4/9, 3/9 and 2/9, two reach 0.7.
    expect(
      try shares(Self.logits, SamplingOptions(temperature: 1, topK: 3, topP: 0.7, seed: 6)),
      [0, 4.0 / 7, 0, 3.0 / 7])
  }

  @Test func `top-p of many tokens that are alike keeps as many as reach it`() throws {
    var sampler = Sampler(
      try SamplingOptions(temperature: 1, topP: 0.5, seed: 7), prompt: [])
    let math = try VectorMath()
    for _ in 0..<200 {
      var row = [Float](repeating: 1, count: 3000)
      let id = row.withUnsafeMutableBufferPointer { sampler.choose(from: $0, with: math) }
      #expect(id < 1500)
    }
  }

  @Test func `a seed determines every choice`() throws {
    let options = try SamplingOptions(temperature: 1, seed: 9)
    #expect(try shares(Self.logits, options) == shares(Self.logits, options))
    let other = try SamplingOptions(temperature: 1, seed: 10)
    #expect(try shares(Self.logits, options) != shares(Self.logits, other))
  }

  @Test func `a penalty lowers what came already, whatever its sign`() throws {
    let math = try VectorMath()
    var sampler = Sampler(
      try SamplingOptions(temperature: 0, repetitionPenalty: 2), prompt: [0])
    var row: [Float] = [3, 2, -1]
    #expect(row.withUnsafeMutableBufferPointer { sampler.choose(from: $0, with: math) } == 1)
    row = [-0.5, -1, -0.8]
    #expect(row.withUnsafeMutableBufferPointer { sampler.choose(from: $0, with: math) } == 2)
  }

  @Test func `values out of range are named`() {
    for (option, make) in [
      ("temperature", { try SamplingOptions(temperature: -0.1) }),
      ("temperature", { try SamplingOptions(temperature: .infinity) }),
      ("top-k", { try SamplingOptions(temperature: 1, topK: 0) }),
      ("top-p", { try SamplingOptions(temperature: 1, topP: 0) }),
      ("top-p", { try SamplingOptions(temperature: 1, topP: 1.01) }),
      ("repetition-penalty", { try SamplingOptions(temperature: 1, repetitionPenalty: 0) }),
    ] as [(String, () throws -> SamplingOptions)] {
      guard
        case .invalidSampling(let found, _, _)? = #expect(
          throws: InferenceError.self, performing: { _ = try make() })
      else {
        Issue.record("\(option) is not refused")
        continue
      }
      #expect(found == option)
    }
  }
}
