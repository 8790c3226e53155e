// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantization
import Synchronization
import Tensors
import TestSupport
import Testing

@testable import Verification

@Suite struct TensorComparisonTests {
  /// Sums in fp32 lanes.
  let rounding = 1e-6

  private func random(_ count: Int, seed: UInt64 = 3) -> [Float] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { _ in Float.random(in: -1...1, using: &random) }
  }

  private func compare(
    _ original: [Float], _ candidate: [Float], scheme: String = "nf4", bits: Double = 4.5
  ) throws -> TensorReport {
    var (a, b) = (MemorySource("a"), MemorySource("b"))
    a.add("w", [original.count], original)
    b.add("w", [candidate.count], candidate, scheme: scheme, bits: bits)
    return try compareTensors(original: a, candidate: b)
  }

  @Test func `a tensor's error worked out by hand`() throws {
    let report = try compare([3, 4, 0, 0], [3, 3, 0, 0], scheme: "int8", bits: 8)
    let error = try #require(report.tensors.first)
    let statistics = try #require(error.statistics)
    #expect(statistics.meanSquaredError == 0.25)
    #expect(abs(statistics.sqnr! - 10 * log10(25)) < rounding)
    #expect(statistics.maximumAbsoluteError == 1)
    #expect(abs(statistics.cosineSimilarity - 21 / (5 * 18.0.squareRoot())) < rounding)
    #expect(error.bitsPerWeight == 8)
    #expect(report.total.statistics == statistics)
  }

  @Test func `equal tensors have no error and count only in the total`() throws {
    let report = try compare([1, 2], [1, 2], scheme: "f32")
    #expect(report.tensors[0].isExact)
    #expect(report.tensors[0].statistics?.sqnr == nil)
    #expect(report.changed.tensorCount == 0)
    #expect(report.total.tensorCount == 1)
    #expect(report.findings.isEmpty)
  }

  @Test(arguments: [1, 3]) func `threads and runs change no figure`(threads: Int) throws {
    var (a, b) = (MemorySource("a"), MemorySource("b"))
    for (name, count) in [("x", WeightRun.weightCount + 5), ("y", 7)] {
      let pattern = random(1021)
      let weights = (0..<count).map { pattern[$0 % 1021] }
      a.add(name, [count], weights)
      b.add(name, [count], Array(weights.reversed()), scheme: "int8", bits: 8)
    }
    let one = try compareTensors(original: a, candidate: b, threads: 1)
    #expect(try compareTensors(original: a, candidate: b, threads: threads) == one)
    #expect(one.total.statistics.count == WeightRun.weightCount + 12)
  }

  @Test func `what only the candidate has is listed`() throws {
    var (a, b) = (MemorySource("a"), MemorySource("b"))
    a.add("w", [1], [1])
    b.add("w", [1], [1])
    b.add("lm_head", [1], [1])
    #expect(try compareTensors(original: a, candidate: b).extra == ["lm_head"])
  }

  @Test func `missing tensors and different shapes are named`() {
    var (a, b) = (MemorySource("a"), MemorySource("b"))
    a.add("v", [2], [1, 2])
    a.add("w", [2], [1, 2])
    #expect(throws: VerificationError.nothingToCompare(original: "a", candidate: "b")) {
      try compareTensors(original: a, candidate: b)
    }
    b.add("w", [2], [1, 2])
    #expect(throws: VerificationError.tensorsMissing(name: "v", count: 1, candidate: "b")) {
      try compareTensors(original: a, candidate: b)
    }
    b.add("v", [2, 1], [1, 2])
    #expect(
      throws: VerificationError.shapesDiffer(tensor: "v", original: [2], candidate: [2, 1])
    ) {
      try compareTensors(original: a, candidate: b)
    }
  }

  @Test func `a wrong factor, a wrong order and damage in part are told apart`() throws {
    let weights = random(4096)
    let scaled = try compare(weights, weights.map { 0.25 * $0 })
    #expect(scaled.findings.first?.finding.contains("times 4 it would reach") == true)
    let shuffled = try compare(weights, Array(weights.reversed()))
    #expect(shuffled.findings.first?.finding.contains("out of order") == true)
    let damaged = try compare(weights, weights.enumerated().map { $0 < 2048 ? -$1 / 3 : $1 })
    #expect(damaged.findings.first?.finding.contains("out of place") == true)
  }

  @Test func `ordinary losses are no finding`() throws {
    let weights = random(4096)
    #expect(try compare(weights, weights.map { ($0 * 6).rounded() / 6 }).findings.isEmpty)
    #expect(
      try compare(weights, weights.map { ($0 * 6).rounded() / 6 }, scheme: "f32", bits: 32)
        .findings.isEmpty)
  }

  @Test func `weights that are not finite are a finding, not a figure`() throws {
    let report = try compare([1, 2], [1, .nan])
    #expect(report.tensors[0].statistics == nil)
    #expect(report.findings.count == 1)
    #expect(report.total.statistics.count == 0)
  }

  @Test func `types without fp32 numbers are compared by their bytes`() throws {
    var (a, b) = (MemorySource("a"), MemorySource("b"))
    for name in ["same", "other"] {
      a.add(name, [2], [1, 2], scheme: "i32", type: .i32, bits: 32)
      b.add(name, [2], name == "same" ? [1, 2] : [1, 3], scheme: "i32", type: .i32, bits: 32)
    }
    let report = try compareTensors(original: a, candidate: b)
    #expect(report.tensors[0].isExact)
    #expect(report.findings.map(\.tensor) == ["other"])
  }

  @Test func `progress counts weights and can stop the work`() throws {
    struct Stopped: Error {}
    var a = MemorySource("a")
    a.add("v", [3], [1, 2, 3])
    a.add("w", [2], [1, 2])
    let calls = Mutex<[Int]>([])
    _ = try compareTensors(original: a, candidate: a, threads: 2) { done, total in
      #expect(total == 5)
      calls.withLock { $0.append(done) }
    }
    #expect(calls.withLock { $0.first == 0 && $0.last == 5 && $0.count == 3 })
    #expect(throws: Stopped.self) {
      try compareTensors(original: a, candidate: a) { done, _ in
        if done > 0 { throw Stopped() }
      }
    }
  }
}
