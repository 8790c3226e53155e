// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import Verification

@Suite struct LogitRowTests {
  /// Logarithms rounded to fp32 around 20: half a unit is 1e-6.
  let rounding = 1e-6

  private func compare(_ p: [Float], _ q: [Float]) -> Double {
    p.withUnsafeBufferPointer { p in
      q.withUnsafeBufferPointer { LogitRow(p).divergence(to: LogitRow($0)) }
    }
  }

  @Test func `a divergence worked out by hand`() {
    // p = (½, ¼, ¼), q = (¼, ½, ¼): ½ ln 2 − ¼ ln 2 = ¼ ln 2.
    let p: [Float] = [0.5, 0.25, 0.25].map { log($0) + 3 }
    let q: [Float] = [0.25, 0.5, 0.25].map { log($0) - 20 }
    #expect(abs(compare(p, q) - 0.25 * log(2.0)) < rounding)
  }

  @Test func `a small divergence keeps its digits`() {
    // p = ½ ± δ against ½: ½ ln(1 − 4δ²) + δ ln((1 + 2δ) / (1 − 2δ)) ≈ 2δ²; logits ±s/2 give
    // 2δ = tanh(s / 2), so the divergence is s²/8 to order s⁴.
    let s: Float = 0x1p-12
    let expected = Double(s) * Double(s) / 8
    #expect(abs(compare([s / 2, -s / 2], [0, 0]) / expected - 1) < 1e-6)
  }

  @Test func `equal rows diverge by exactly 0 and others never by less`() {
    var random = SeededGenerator(seed: 11)
    for scale: Float in [1e-6, 1e-3, 1, 40] {
      let p = (0..<301).map { _ in Float.random(in: -10...10, using: &random) }
      let q = p.map { $0 + scale * Float.random(in: -1...1, using: &random) }
      #expect(compare(p, p) == 0)
      #expect(compare(p, q) >= 0)
      #expect(compare(q, p) >= 0)
    }
  }

  @Test func `the sum equals its textbook definition`() {
    var random = SeededGenerator(seed: 12)
    for scale: Float in [0.1, 1, 10] {
      let p = (0..<257).map { _ in Float.random(in: -5...5, using: &random) }
      let q = p.map { $0 + scale * Float.random(in: -1...1, using: &random) }
      let sumP = p.reduce(0) { $0 + exp(Double($1)) }
      let sumQ = q.reduce(0) { $0 + exp(Double($1)) }
      let textbook = zip(p, q).reduce(0.0) { total, pair in
        let (x, y) = (Double(pair.0) - log(sumP), Double(pair.1) - log(sumQ))
        return total + exp(x) * (x - y)
      }
      #expect(abs(compare(p, q) / textbook - 1) < 1e-9)
    }
  }

  @Test func `a token that one side rules out counts as probability 0`() {
    // p = (1, 0), q = (½, ½): ln 2.
    #expect(abs(compare([0, -.infinity], [0, 0]) - log(2.0)) < rounding)
    #expect(compare([0, 0], [0, -.infinity]) == .infinity)
    #expect(compare([0, -200], [-200, 0]) > 199)
  }

  @Test func `huge logits neither overflow nor lose the rest`() {
    let row: [Float] = [3e38, 3e38]
    row.withUnsafeBufferPointer {
      #expect(LogitRow($0).logProbability(of: 1) <= 0)
      #expect(LogitRow($0).top == 0)
    }
    [Float](repeating: 500, count: 1000).withUnsafeBufferPointer {
      #expect(abs(LogitRow($0).logSumExp - 500 - log(1000.0)) < rounding)
    }
  }

  @Test func `of equal logits the lowest id is on top`() {
    [Float]([1, 4, 4, 2]).withUnsafeBufferPointer { #expect(LogitRow($0).top == 1) }
  }
}
