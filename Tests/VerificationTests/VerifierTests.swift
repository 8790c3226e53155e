// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Verification

@Suite struct VerifierTests {
  /// Different orders of the same double sums.
  let rounding = 1e-10
  let options = VerificationOptions(
    perplexity: PerplexityOptions(context: 16, threads: 2), limits: LimitSet(perplexity: 0.01))

  @Test func `a model against itself loses exactly nothing`() throws {
    let model = FakeModel()
    let result = try verify(
      original: model, candidate: model, tokens: fakeText(170), options: options)
    #expect(result.perplexityRatio == 1)
    #expect(result.perplexityRatioStandardError == 0)
    #expect(result.divergence.mean == 0)
    #expect(result.divergence.maximum == 0)
    #expect(result.divergence.histogram.belowFloor == 150)
    #expect(result.top1Agreement == 1)
    #expect(result.rmsProbabilityChange == 0)
    #expect(result.layers.map(\.index) == [0, 1, 2, 3])
    #expect(result.layers.allSatisfy { $0.sqnr == nil })
    #expect(result.withinLimits)
  }

  @Test func `uniform logits give the vocabulary's size as perplexity`() throws {
    var model = FakeModel()
    model.constantLogits = Array(repeating: 2, count: 13)
    let result = try measurePerplexity(
      of: model, tokens: fakeText(64), options: PerplexityOptions(context: 16))
    #expect(abs(result.perplexity - 13) < rounding)
    #expect(abs(result.nllStandardError!) < rounding)
    #expect(result.tokens == 60)
    #expect(result.windows == 4)
  }

  @Test func `figures agree with those worked out by hand from constant logits`() throws {
    // Original (½, ¼, ¼), candidate (¼, ½, ¼), text 0 1 2 | 1 0 0: scored 1 2 | 0 0.
    var original = FakeModel(vocabularySize: 3)
    var candidate = original
    original.constantLogits = [log(0.5), log(0.25), log(0.25)]
    candidate.constantLogits = [log(0.25), log(0.5), log(0.25)]
    let result = try verify(
      original: original, candidate: candidate, tokens: [0, 1, 2, 1, 0, 0],
      options: VerificationOptions(perplexity: PerplexityOptions(context: 3)))
    let unit = log(2.0)
    let fp32 = 1e-6
    // Differences −ln 2, 0 | ln 2, ln 2: window means −½ ln 2 and ln 2.
    #expect(abs(result.perplexityRatio - exp(unit / 4)) < fp32)
    #expect(abs(result.perplexityRatioStandardError! - exp(unit / 4) * 0.75 * unit) < fp32)
    #expect(abs(result.divergence.mean - unit / 4) < fp32)
    #expect(abs(result.divergence.standardError!) < fp32)
    #expect(result.top1Agreement == 0)
    // Changes ¼, 0, −¼, −¼.
    #expect(abs(result.rmsProbabilityChange - (3.0 / 64).squareRoot()) < fp32)
    #expect(result.withinLimits)
  }

  @Test func `a disturbed model diverges more from layer to layer`() throws {
    var candidate = FakeModel()
    candidate.disturbance = 0.05
    let result = try verify(
      original: FakeModel(), candidate: candidate, tokens: fakeText(170), options: options)
    #expect(result.divergence.mean > 0)
    #expect(result.divergence.median <= result.divergence.p90)
    #expect(result.divergence.p90 <= result.divergence.p99)
    #expect(result.divergence.p99 <= result.divergence.maximum)
    #expect(result.layers[0].sqnr == nil)
    let sqnr = result.layers.dropFirst().compactMap(\.sqnr)
    #expect(sqnr.count == 3)
    #expect(sqnr == sqnr.sorted(by: >))
  }

  @Test func `the worst position comes with its tokens and both models' choices`() throws {
    var candidate = FakeModel()
    candidate.disturbance = 0.2
    let text = fakeText(48)
    let result = try verify(
      original: FakeModel(), candidate: candidate, tokens: text, options: options)
    let worst = try #require(result.divergence.worst)
    #expect(worst.divergence == result.divergence.maximum)
    let place = worst.window * 16 + worst.position
    #expect(worst.token == text[place])
    #expect(worst.context == Array(text[worst.window * 16..<place]))
  }

  @Test(arguments: [1, 2, 7]) func `threads change no figure`(threads: Int) throws {
    var candidate = FakeModel()
    candidate.disturbance = 0.1
    func run(_ threads: Int) throws -> Verification {
      var options = options
      options.perplexity.threads = threads
      var result = try verify(
        original: FakeModel(), candidate: candidate, tokens: fakeText(200), options: options)
      result.original.seconds = 0
      result.candidate.seconds = 0
      return result
    }
    #expect(try run(threads) == run(3))
  }

  @Test func `windows can be put together in any order`() throws {
    var candidate = FakeModel()
    candidate.disturbance = 0.1
    let windows = try compareWindows(
      options.perplexity.windows(of: fakeText(200), modelContext: 64), original: FakeModel(),
      candidate: candidate, options: options.perplexity
    ).windows
    let stored = try JSONDecoder().decode(
      [WindowComparison].self, from: JSONEncoder().encode(Array(windows.reversed())))
    #expect(
      Verification(windows, seconds: (1, 2), options: options)
        == Verification(stored, seconds: (1, 2), options: options))
  }

  @Test func `measuring alone and in a pair gives the same perplexity`() throws {
    let model = FakeModel()
    let text = fakeText(100)
    let alone = try measurePerplexity(of: model, tokens: text, options: options.perplexity)
    let pair = try verify(original: model, candidate: model, tokens: text, options: options)
    #expect(alone.perplexity == pair.candidate.perplexity)
    #expect(alone.nllStandardError == pair.original.nllStandardError)
  }

  @Test func `limits bind the increase of perplexity and the mean divergence`() {
    #expect(LimitSet(perplexity: 0.01).allow(ratio: 1.0099, divergence: 9))
    #expect(!LimitSet(perplexity: 0.01).allow(ratio: 1.0101, divergence: 0))
    #expect(LimitSet(perplexity: 0.01).allow(ratio: 0.5, divergence: 0))
    #expect(!LimitSet(divergence: 0.1).allow(ratio: 1, divergence: 0.11))
    #expect(LimitSet().allow(ratio: 100, divergence: 100))
  }

  @Test func `different vocabularies can't be compared`() {
    #expect(throws: VerificationError.vocabulariesDiffer(original: 13, candidate: 14)) {
      try verify(
        original: FakeModel(), candidate: FakeModel(vocabularySize: 14), tokens: fakeText(20))
    }
  }

  @Test func `logits that are not finite name their side and place`() {
    var broken = FakeModel()
    broken.constantLogits = Array(repeating: .nan, count: 13)
    #expect(throws: VerificationError.logitsNotFinite(side: .candidate, window: 0, position: 0)) {
      try verify(
        original: FakeModel(), candidate: broken, tokens: fakeText(20), options: options)
    }
    #expect(throws: VerificationError.logitsNotFinite(side: .model, window: 0, position: 0)) {
      try measurePerplexity(of: broken, tokens: fakeText(20), options: options.perplexity)
    }
  }

  @Test func `progress counts windows and can stop the work`() throws {
    struct Stopped: Error {}
    var calls: [Int] = []
    let model = FakeModel()
    _ = try verify(original: model, candidate: model, tokens: fakeText(170), options: options) {
      done, total in
      #expect(total == 10)
      calls.append(done)
    }
    // Each evaluation counts by its layers; 8 windows go together.
    #expect(calls == [0, 2, 4, 6, 8, 9, 10])
    #expect(throws: Stopped.self) {
      try verify(original: model, candidate: model, tokens: fakeText(170), options: options) {
        done, _ in
        if done > 0 { throw Stopped() }
      }
    }
  }
}
